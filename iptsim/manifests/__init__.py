"""Kubernetes manifests, as values that know where they stand; what they mean is another room's."""
