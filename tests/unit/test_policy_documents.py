"""Policies as YAML: read strictly, every problem named with its path, written to be read back."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from reminders.authoring import documents
from reminders.authoring.documents import Document, PolicySpec, StepSpec, TemplateSpec, read, write
from reminders.authoring.shipped import shipped_document
from reminders.authoring.strict_yaml import CannotRead
from reminders.core.vocabulary import Stage, Tone


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Problems are compared as sentences."""
    with translation.override("en"):
        yield


KEYS = st.text("abcxyz019-_", min_size=1, max_size=12)
PROSE = (
    st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=40)
    .map(str.strip)
    .filter(bool)
)
NAMES = st.lists(PROSE, max_size=3, unique=True).map(tuple)
STEPS = st.builds(
    StepSpec,
    key=KEYS,
    offset_days=st.integers(-366, 3660),
    local_time=st.times().map(lambda t: t.replace(microsecond=0)),
    valid_until_offset_days=st.integers(-366, 3660),
    template=KEYS,
    tiers=st.permutations(["low", "medium", "high"]).map(tuple),
    channels=st.permutations(["sms", "email", "push"]).map(tuple),
    tone=st.sampled_from(["by_risk", "friendly", "firm"]),
    products=NAMES,
    segments=NAMES,
)
TEMPLATES = st.builds(
    TemplateSpec,
    key=KEYS,
    title=PROSE,
    stage=st.sampled_from([stage.value for stage in Stage]),
    purpose=st.sampled_from(["service", "collection"]),
    texts=st.dictionaries(
        st.tuples(
            st.sampled_from(["zh-hans", "en", "no"]), st.sampled_from(list(Tone.__members__))
        ),
        PROSE,
        max_size=4,
    ).map(lambda texts: {(lang, tone.lower()): body for (lang, tone), body in texts.items()}),
)
DOCUMENTS = st.builds(
    Document,
    policy=st.builds(
        PolicySpec,
        key=KEYS,
        title=PROSE,
        holdout_percent=st.decimals(0, 100, places=2),
        note=PROSE | st.just(""),
        steps=st.lists(STEPS, max_size=4, unique_by=lambda step: step.key).map(tuple),
    ),
    templates=st.lists(TEMPLATES, max_size=3, unique_by=lambda template: template.key).map(
        lambda found: tuple(sorted(found, key=lambda template: template.key))
    ),
)


class TestDocuments:
    @given(DOCUMENTS)
    def test_what_is_written_is_read_back_equal(self, document: Document) -> None:
        assert read(write(document).encode()) == document

    def test_reads_on_and_times_as_words(self) -> None:
        text = write(shipped_document()).replace("'10:00'", "10:00").replace("'on'", "on")
        assert read(text.encode()) == shipped_document()

    @pytest.mark.parametrize(
        ("raw", "problem"),
        [
            (b"", "Expected names with values, not None."),
            (b"[1]", "Expected names with values, not [1]."),
            (b"a: [", "line 1, column 5: expected the node content, but found '<stream end>'"),
            (b"\xff", "Byte 0 is not UTF-8."),
            (b"a: 1\na: 2", "line 2, column 1: “a” appears twice"),
            (b"a: &x 1\nb: *x", "line 1, column 4: tags, anchors and aliases are not read here"),
            (
                b"a: !!python/object/apply:os.system [ls]",
                "line 1, column 4: tags, anchors and aliases are not read here",
            ),
            (b"? [a]\n: 1", "line 1, column 3: a name must be a word"),
            (b"[" * 5000, "The file is nested too deeply."),
            (b"a: " + b"x" * 1_000_001, "The file is larger than a megabyte."),
            (b"a: \x00", "unacceptable character #x0000: special characters are not allowed"),
        ],
    )
    def test_names_what_is_no_document(self, raw: bytes, problem: str) -> None:
        with pytest.raises(CannotRead) as refused:
            read(raw)
        assert problem in str(refused.value.problems[0])

    def test_names_every_problem_with_its_path(self) -> None:
        raw = """
duecourse: policy/2
extra: 1
policy:
  key: a b
  holdout_percent: 100.001
  steps:
    - {key: x, offset_days: yes, local_time: 25:00, valid_until_offset_days: 99999,
       tiers: [low, low, hi], template: t, typo: 1}
    - {key: x, offset_days: true, local_time: 600, valid_until_offset_days: 0, template: "",
       channels: sms, products: [1]}
templates:
  - {key: t, title: "\\u0007", stage: before, purpose: fun, texts: {Deutsch: {loud: x, firm: 1}}}
  - {key: t, title: T, stage: on, purpose: service, texts: []}
"""
        with pytest.raises(CannotRead) as refused:
            read(raw.encode())
        assert sorted(map(str, refused.value.problems)) == sorted(
            [
                "duecourse: Expected policy/1.",
                "extra: Unknown name.",
                "policy.title: Missing.",
                "policy.key: Only letters, digits, - and _, at most 64 of them.",
                "policy.holdout_percent: Expected 0 to 100 with at most two decimals.",
                "policy.steps: “x” appears twice.",
                "policy.steps[0].typo: Unknown name.",
                "policy.steps[0].offset_days: Expected a whole number, not 'yes'.",
                'policy.steps[0].local_time: Expected a time such as "10:00".',
                "policy.steps[0].valid_until_offset_days: Expected -366 to 3660.",
                "policy.steps[0].tiers[2]: Expected one of: low, medium, high.",
                "policy.steps[0].tiers: “low” appears twice.",
                "policy.steps[1].offset_days: Expected a whole number, not True.",
                'policy.steps[1].local_time: Expected a time such as "10:00".',
                "policy.steps[1].template: Empty.",
                "policy.steps[1].channels: Expected a list, not 'sms'.",
                "policy.steps[1].products[0]: Expected text, not 1; put it in quotes.",
                "templates: “t” appears twice.",
                "templates[0].title: Holds a control character.",
                "templates[0].purpose: Expected one of: service, collection, credit_bureau, "
                "offer, education.",
                "templates[0].texts.Deutsch: Not a language such as zh-hans or en.",
                "templates[0].texts.Deutsch.loud: Unknown name.",
                "templates[0].texts.Deutsch.firm: Expected text, not 1; put it in quotes.",
                "templates[1].texts: Expected names with values, not [].",
            ]
        )

    @given(st.binary(max_size=200))
    def test_never_fails_in_another_way(self, raw: bytes) -> None:
        try:
            documents.read(raw)
        except CannotRead as refused:
            assert refused.problems  # noqa: PT017 - either answer is right, a third is not
