"""Kubernetes manifests that cannot be read, in English."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "IPT0800": "not YAML: {why}",
        "IPT0801": "more than {most}",
        "IPT0802": "more than {most} values within each other",
        "IPT0803": "aliases repeat more than {most} values",
        "IPT0804": "{key} is there already, in line {first}",
        "IPT0805": "this document is {what}",
        "IPT0806": "{name} is {what}",
        "IPT0807": "this is a Helm template, and {{{{ }}}} is not filled in",
        "IPT0808": "{path} is missing",
        "IPT0809": "the text holds no manifest",
        "IPT0810": "*{name} names nothing that stands above it whole",
        "IPT0811": "the tag {tag} makes it something that no manifest holds",
        "IPT0812": "manifests are read with PyYAML: `pip install pyyaml`",
        "IPT0813": "{value} can be no {name}",
        "IPT0814": "{option}: the text holds no {kind}",
    }
)
