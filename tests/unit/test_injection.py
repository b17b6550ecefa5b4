"""Would the injector be called, by which webhook, and what stands in the way?"""

from __future__ import annotations

import pytest
from every_row import every_row
from injection_texts import (
    INJECT,
    NEW,
    OLD,
    Labels,
    answer,
    caller,
    configuration,
    namespace,
    pod,
    revision,
    webhook,
)

from iptsim import codes
from iptsim.errors import DumpError
from iptsim.injection import Answer, Sign
from iptsim.injection.plugins import plugin_step

ENABLED = namespace({"istio-injection": "enabled"})
DEFAULT = "policy: enabled\n"


def stopping(found: Answer) -> list[str]:
    """The steps that stand in the way, but those of webhooks where another one is called."""
    own = [one for one in found.steps if not one.webhook or found.called is Sign.NO]
    return [one.said.removeprefix("inject.") for one in own if one.sign is Sign.NO]


# istio.io, «Installing the Sidecar», the table of labels; namespace, pod, who is called in 1.10+.
LABELS: list[tuple[Labels, Labels, str]] = [
    ({}, {}, ""),
    ({}, {INJECT: "true"}, "object"),
    ({}, {INJECT: "false"}, ""),
    ({}, {"istio.io/rev": "default"}, "rev.object"),
    ({}, {"istio.io/rev": "canary"}, ""),
    ({}, {"istio.io/rev": "default", INJECT: "false"}, ""),
    ({"istio-injection": "enabled"}, {}, "namespace"),
    ({"istio-injection": "enabled"}, {INJECT: "true"}, "namespace"),
    ({"istio-injection": "enabled"}, {INJECT: "false"}, ""),
    ({"istio-injection": "enabled"}, {"istio.io/rev": "canary"}, "namespace"),
    ({"istio-injection": "disabled"}, {}, ""),
    ({"istio-injection": "disabled"}, {INJECT: "true"}, ""),
    ({"istio.io/rev": "default"}, {}, "rev.namespace"),
    ({"istio.io/rev": "default"}, {INJECT: "false"}, ""),
    ({"istio.io/rev": "canary"}, {}, ""),
    ({"istio.io/rev": "canary"}, {INJECT: "true"}, ""),
    ({"istio.io/rev": "default", "istio-injection": "enabled"}, {}, "namespace"),
    ({"istio.io/rev": "default", "istio-injection": "disabled"}, {}, ""),
]


@every_row(("of_namespace", "of_pod", "who"), LABELS, ids=str)
def test_labels_of_namespace_and_pod(of_namespace: Labels, of_pod: Labels, who: str) -> None:
    found = answer(pod(of_pod), namespace(of_namespace), NEW, settings=DEFAULT)
    assert caller(found) == who
    assert (found.called is Sign.YES) == bool(who)
    assert (found.sign is Sign.NO) == (not who)


def test_an_older_webhook_goes_by_the_namespace_alone() -> None:
    assert answer(pod(), ENABLED, OLD).called is Sign.YES
    assert stopping(answer(pod(), namespace(), OLD)) == ["namespace.absent"]
    other = answer(pod(), namespace({"istio-injection": "off"}), OLD)
    assert stopping(other) == ["namespace.other"]


INJECTOR = {
    "a host's network": (pod(spec="{hostNetwork: true}"), ENABLED, "network.host"),
    "a label that says no": (pod({INJECT: "false"}), ENABLED, "label.off"),
    "a label that says nothing known": (pod({INJECT: "maybe"}), ENABLED, "label.off"),
    "an annotation that says no": (pod({}, {INJECT: "no"}), ENABLED, "annotation.off"),
    "kube-system": (
        pod(space="kube-system"),
        namespace({"istio-injection": "enabled"}, "kube-system"),
        "ignored",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INJECTOR)
def test_the_injector_declines(name: str) -> None:
    of_pod, of_namespace, why = INJECTOR[name]
    found = answer(of_pod, of_namespace, OLD)
    assert (found.called, found.sign) == (Sign.YES, Sign.NO)
    assert why in stopping(found)


def test_the_label_goes_before_the_annotation() -> None:
    found = answer(pod({INJECT: "true"}, {INJECT: "false"}), ENABLED, OLD, flags=_ON)
    assert found.sign is Sign.YES
    empty = answer(pod({INJECT: ""}, {INJECT: "false"}), ENABLED, OLD, settings=DEFAULT)
    assert stopping(empty) == []  # an empty label leaves it to the policy


SETTINGS = {
    "disabled": ("policy: disabled\n", {}, "policy.off"),
    "disabled, and asked for": ("policy: disabled\n", {INJECT: "true"}, ""),
    "enabled": (DEFAULT, {}, ""),
    "values": ("global: {proxy: {autoInject: disabled}}\n", {}, "policy.off"),
    "never": (
        "neverInjectSelector: [{matchLabels: {app: x}}]\npolicy: enabled\n", {"app": "x"}, "never",
    ),
    "never, for others": ("neverInjectSelector: [{matchLabels: {app: x}}]\n", {"app": "y"}, ""),
    "never, of none": ("neverInjectSelector: [{}]\npolicy: enabled\n", {"app": "x"}, ""),
    "never, and asked for": (
        "neverInjectSelector: [{matchLabels: {app: x}}]\n", {"app": "x", INJECT: "true"}, "",
    ),
    "always": (
        "sidecarInjectorWebhook: {alwaysInjectSelector: [{matchLabels: {app: x}}]}\n"
        "global: {proxy: {autoInject: disabled}}\n",
        {"app": "x"}, "",
    ),
    "a ConfigMap": (
        "kind: ConfigMap\ndata:\n  config: |\n    policy: disabled\n    template: |\n"
        "      {{ .Values.x }}\n  values: '{\"global\": {}}'\n",
        {}, "policy.off",
    ),
    "an operator": (
        "kind: IstioOperator\nspec: {values: {global: {proxy: {autoInject: disabled}}}}\n",
        {}, "policy.off",
    ),
}  # fmt: skip


@every_row("name", SETTINGS)
def test_settings_of_the_injector(name: str) -> None:
    settings, labels, why = SETTINGS[name]
    found = answer(pod(labels), ENABLED, OLD, settings=settings)
    assert stopping(found) == ([why] if why else [])


def test_a_policy_that_is_none_is_refused() -> None:
    with pytest.raises(DumpError) as found:
        answer(pod(), ENABLED, OLD, settings="policy: perhaps\n")
    assert found.value.code == codes.WRONG_VALUE_IN_MANIFEST


_ON = "--enable-admission-plugins=NodeRestriction,MutatingAdmissionWebhook"
_HELP = "      --enable-admission-plugins strings  admission plugins that should be enabled in "
FLAGS = {
    "named": (_ON, Sign.YES, "on"),
    "added to the defaults": ("--enable-admission-plugins=NodeRestriction", Sign.PRESUMED, "added"),
    "a manifest": (f"    - kube-apiserver\n    - {_ON}\n", Sign.YES, "on"),
    "two words": ("--enable-admission-plugins MutatingAdmissionWebhook", Sign.YES, "on"),
    "switched off": ("--disable-admission-plugins=MutatingAdmissionWebhook", Sign.NO, "disabled"),
    "with an s": ("--enable-admission-plugins=MutatingAdmissionWebhooks", Sign.NO, "misspelt"),
    "the other with an s": (f"{_ON},ValidatingAdmissionWebhooks", Sign.NO, "misspelt"),
    "the last counts": (f"--enable-admission-plugins=X {_ON}", Sign.YES, "on"),
    "of 1.9, with it": ("--admission-control=MutatingAdmissionWebhook", Sign.YES, "old.on"),
    "of 1.9, without it": ("--admission-control=NamespaceLifecycle", Sign.NO, "old.off"),
    "help, on": (f"{_HELP}addition to default enabled ones (A, MutatingAdmissionWebhook). X",
                 Sign.YES, "default"),
    "help, not on": (f"{_HELP}addition to default enabled ones (A, B). X", Sign.NO, "not"),
    "help and a flag": (f"{_HELP}addition to default enabled ones (A)\n{_ON}", Sign.YES, "on"),
    "no API": ("--runtime-config=admissionregistration.k8s.io/v1=false", Sign.NO, "api"),
    "something else": ("--v=2", Sign.UNKNOWN, "none"),
}  # fmt: skip


@every_row("name", FLAGS)
def test_flags_of_the_api_server(name: str) -> None:
    text, sign, said = FLAGS[name]
    step = plugin_step(text, "flags.txt")
    assert (step.sign, step.said) == (sign, f"inject.plugins.{said}")


def test_help_that_only_names_the_flags_tells_nothing_of_them() -> None:
    text = "      --admission-control strings   Admission is divided into two phases.\n"
    assert plugin_step(text + _HELP + "addition to default enabled ones (A)", "x").said.endswith(
        "not"
    )


RULES = {
    "updates": "[{operations: [UPDATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}]",
    "another group": (
        "[{operations: [CREATE], apiGroups: [x], apiVersions: [v1], resources: [pods]}]"
    ),
    "what has no namespace": (
        "[{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods], "
        "scope: Cluster}]"
    ),
    "none": "[]",
}


@pytest.mark.parametrize("name", RULES)
def test_rules_that_do_not_ask_for_pods(name: str) -> None:
    found = answer(pod(), ENABLED, configuration(webhook(rules=RULES[name])))
    assert stopping(found) == ["rules.no"]


def test_rules_with_stars_ask_for_pods() -> None:
    rules = (
        "[{operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], scope: '*'}]"
    )
    assert answer(pod(), ENABLED, configuration(webhook(rules=rules))).called is Sign.YES


def test_what_no_text_tells_is_unknown() -> None:
    assert answer(pod(), ENABLED, None).sign is Sign.UNKNOWN
    of_space = answer(pod(), None, NEW)
    assert of_space.sign is Sign.UNKNOWN
    commands = {one.command for one in of_space.steps if one.sign is Sign.UNKNOWN}
    assert commands == {"kubectl get namespace a -o yaml"}
    cel = webhook(more="  matchConditions: [{name: x, expression: 'a == b'}]\n")
    assert answer(pod(), ENABLED, configuration(cel)).sign is Sign.UNKNOWN


@pytest.mark.parametrize(
    ("expression", "policy", "sign", "said"),
    [
        ('request.operation == "CREATE"', "Fail", Sign.YES, "met"),
        ('object.metadata.namespace == "kube-system"', "Fail", Sign.NO, "missed"),
        ('object.metadata.labels["no-such"] == "x"', "Fail", Sign.NO, "error.fail"),
        ('object.metadata.labels["no-such"] == "x"', "Ignore", Sign.NO, "error.ignore"),
        ('request.userInfo.username == "x"', "Fail", Sign.UNKNOWN, "untold"),
    ],
)
def test_a_condition_that_the_pod_decides(
    expression: str, policy: str, sign: Sign, said: str
) -> None:
    more = (
        f"  failurePolicy: {policy}\n  matchConditions: [{{name: x, expression: '{expression}'}}]\n"
    )
    found = answer(pod(), ENABLED, configuration(webhook(more=more)))
    (step,) = (one for one in found.steps if one.name == "matchConditions")
    assert (step.sign, step.said) == (sign, f"inject.condition.{said}")


def test_a_webhook_of_somebody_else_injects_nothing() -> None:
    other = "- name: mutate.example.com\n  clientConfig: {url: 'https://x'}\n  rules: []\n"
    assert stopping(answer(pod(), ENABLED, configuration(other, name="mine"))) == ["webhook.others"]
    assert stopping(answer(pod(), ENABLED, "kind: List\nitems: []\n")) == ["webhook.none"]


def test_an_empty_certificate_fails_each_call() -> None:
    failing = answer(pod(), ENABLED, configuration(webhook(bundle="")))
    assert stopping(failing) == ["certificate.fail"]
    ignored = answer(
        pod(), ENABLED, configuration(webhook(bundle="", more="  failurePolicy: Ignore\n"))
    )
    assert stopping(ignored) == ["certificate.ignore"]


def remarks(found: Answer) -> list[str]:
    names = (one.said.removeprefix("inject.") for one in found.notes)
    return [one for one in names if "fails" not in one]


def test_the_nearest_webhook_is_mended() -> None:
    (found,) = (n for n in answer(pod(), namespace(), NEW).notes if n.name == "remedy")
    assert found.command == "kubectl label namespace a istio.io/rev=default --overwrite"
    off = answer(pod({INJECT: "false"}), ENABLED, NEW)
    assert [one.said for one in off.notes if one.name == "remedy"] == ["inject.remedy.pod"]


def test_a_deployment_is_mended_in_its_template() -> None:
    maker = (
        "kind: Deployment\nmetadata: {name: web, namespace: a, labels: {sidecar.istio.io/inject: "
        "'true'}}\nspec: {template: {metadata: {labels: {sidecar.istio.io/inject: 'false'}}}}\n"
    )
    found = answer(maker, ENABLED, NEW)
    (command,) = (one.command for one in found.notes if one.name == "remedy")
    assert command.startswith("kubectl -n a patch deployment web --type merge -p '{")
    assert '"sidecar.istio.io/inject": null' in command


REMARKS = {
    "an unknown revision": (pod(), namespace({"istio.io/rev": "canary"}), "remark.revision"),
    "two labels": (
        pod(), namespace({"istio.io/rev": "default", "istio-injection": "enabled"}),
        "remark.two-labels",
    ),
    "ambient": (pod(), namespace({"istio.io/dataplane-mode": "ambient"}), "remark.ambient"),
    "ambient and a sidecar": (
        pod(), namespace({"istio.io/dataplane-mode": "ambient", "istio-injection": "enabled"}),
        "remark.ambient.sidecar",
    ),
    "injected already": (
        pod(spec="{containers: [{name: istio-proxy}]}"), ENABLED, "remark.already",
    ),
    "a label in the wrong place": (
        "kind: Deployment\nmetadata: {name: d, namespace: a, annotations: "
        "{sidecar.istio.io/inject: 'true'}}\nspec: {template: {}}\n",
        namespace(), "remark.misplaced",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REMARKS)
def test_remarks(name: str) -> None:
    of_pod, of_namespace, said = REMARKS[name]
    assert said in remarks(answer(of_pod, of_namespace, NEW))
    assert said not in remarks(answer(pod(), namespace({"istio.io/rev": "default"}), NEW))


def test_two_revisions_that_both_inject() -> None:
    both = f"{OLD}---\n{revision()}"
    found = answer(pod(), ENABLED, both)
    assert "remark.several" in remarks(found)


def test_a_pod_that_is_older_than_the_webhook() -> None:
    made = 'creationTimestamp: "2020-01-01T00:00:00Z"'
    old = pod().replace("name: p", f"name: p\n  {made}")
    hooks = OLD.replace("metadata:\n", 'metadata:\n  creationTimestamp: "2021-01-01T00:00:00Z"\n')
    assert remarks(answer(old, ENABLED, hooks)) == ["remark.older"]
    assert remarks(answer(old, ENABLED, OLD)) == []


def test_the_api_servers_own_label_of_a_namespace() -> None:
    selector = "{matchLabels: {kubernetes.io/metadata.name: a}}"
    assert answer(pod(), namespace(), configuration(webhook(selector))).called is Sign.YES


def test_a_pod_without_a_namespace_is_made_where_it_is_told() -> None:
    bare = "kind: Pod\nmetadata: {name: p}\n"
    assert answer(bare, ENABLED, OLD).namespace == "a"
    assert answer(bare, None, OLD).namespace == "default"
