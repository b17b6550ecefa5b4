"""What Istio makes of a pod: its settings, by version, and the rules that its programs write.

The manifest is read into settings (`pods`, `injection_settings`, `init_args`), the settings become
rules (`sidecar_rules` and its neighbours). Sources: istio/istio at its tags, from 1.0 to 1.30.
"""
