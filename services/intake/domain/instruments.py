"""Risk instruments as data: their questions, and the rule that makes a level of the answers.

LAP: Lethality Assessment Program, Maryland model, 11 questions. DASH: Domestic Abuse, Stalking and Harassment, as
this deployment uses it with 24 questions (DOMAIN, "Facts to build on").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.contracts.vocabulary import Answer, Level

Yes = frozenset[str]
"""Ids of the questions answered yes."""


@dataclass(frozen=True)
class Question:
    id: str
    text: Mapping[str, str]


@dataclass(frozen=True)
class Instrument:
    """``level_of`` is monotone: more yes never makes a lower level. The possible range follows from that alone."""

    code: str
    version: int
    questions: tuple[Question, ...]
    level_of: Callable[[Yes], Level]
    certain_without_applicable: bool
    """Whether a question that does not apply still lets the lowest level be certain (LAP: no)."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Question ids, in the order of asking."""
        return tuple(question.id for question in self.questions)

    def range(self, answers: Mapping[str, Answer]) -> tuple[Level, Level]:
        """Return the lowest and the highest level that the answers so far allow."""
        yes = frozenset(q for q in self.ids if answers.get(q) is Answer.YES)
        still_open = frozenset(self.open_questions(answers))
        lowest, highest = self.level_of(yes), self.level_of(yes | still_open)
        inapplicable = any(answers.get(q) is Answer.NOT_APPLICABLE for q in self.ids)
        if inapplicable and not self.certain_without_applicable:
            highest = Level.HIGH
        return lowest, highest

    def open_questions(self, answers: Mapping[str, Answer]) -> list[str]:
        """Return the questions nobody answered yet."""
        return [q for q in self.ids if answers.get(q, Answer.NOT_ANSWERED) is Answer.NOT_ANSWERED]


LAP_ALONE_ENOUGH = frozenset({"1", "2", "3"})
"""LAP, questions 1–3: any yes is high danger."""
LAP_FOUR_OF = frozenset({"4", "5", "6", "7", "8", "9", "10", "11"})
"""LAP, questions 4–11: four or more yes are high danger."""
LAP_GUN = "4"
LAP_CHOKED = "5"

_LAP_MANY = 4
_DASH_MEDIUM, _DASH_HIGH = 10, 14


def _lap_level(yes: Yes) -> Level:
    high = bool(yes & LAP_ALONE_ENOUGH) or len(yes & LAP_FOUR_OF) >= _LAP_MANY
    return Level.HIGH if high else Level.STANDARD


def _dash_level(yes: Yes) -> Level:
    if len(yes) >= _DASH_HIGH:
        return Level.HIGH
    return Level.MEDIUM if len(yes) >= _DASH_MEDIUM else Level.STANDARD


def _questions(*texts: tuple[str, str]) -> tuple[Question, ...]:
    return tuple(Question(str(number), {"bg": bg, "en": en}) for number, (bg, en) in enumerate(texts, start=1))


LAP = Instrument(
    code="lap",
    version=1,
    questions=_questions(
        ("Използвал ли е оръжие срещу Вас или заплашвал ли Ви е с оръжие?", "Weapon used or threatened against her?"),
        ("Заплашвал ли е да убие Вас или децата?", "Threatened to kill her or the children?"),
        ("Мислите ли, че може да опита да Ви убие?", "Does she think he might kill her?"),
        ("Има ли огнестрелно оръжие или може ли лесно да намери?", "Has he a gun, or can he easily get one?"),
        ("Опитвал ли се е да Ви души?", "Has he tried to choke her?"),
        (
            "Ревнува ли силно или постоянно, контролира ли по-голямата част от деня Ви?",
            "Violently or constantly jealous, or controls most of her daily life?",
        ),
        ("Напуснали ли сте го или разделени ли сте?", "Has she left him, or are they separated?"),
        ("Безработен ли е?", "Is he unemployed?"),
        ("Опитвал ли е да се самоубие?", "Has he tried to kill himself?"),
        ("Имате ли дете, за което той знае, че не е негово?", "Has she a child he knows is not his?"),
        ("Следи ли Ви, шпионира ли Ви, оставя ли заплахи?", "Does he follow, spy, or leave threatening messages?"),
    ),
    level_of=_lap_level,
    certain_without_applicable=False,
)

DASH = Instrument(
    code="dash",
    version=1,
    questions=_questions(
        ("Причини ли последното насилие наранявания?", "Has the current incident resulted in injury?"),
        ("Много ли сте уплашена?", "Is she very frightened?"),
        ("От какво се страхувате: от нараняване или насилие?", "Is she afraid of further injury or violence?"),
        ("Чувствате ли се откъсната от близки и приятели?", "Does she feel isolated from family or friends?"),
        ("Потисната ли сте, мислите ли за самоубийство?", "Is she depressed, or having suicidal thoughts?"),
        ("Разделихте ли се или опитахте ли през последната година?", "Separated, or tried to, within the past year?"),
        ("Има ли спор за контактите с децата?", "Is there conflict over child contact?"),
        ("Преследва ли Ви, следи ли Ви, пише ли Ви постоянно?", "Does he constantly text, call, follow or stalk her?"),
        ("Бременна ли сте или родихте ли скоро?", "Is she pregnant, or has she recently had a baby?"),
        ("Става ли насилието по-често?", "Is the abuse happening more often?"),
        ("Става ли насилието по-тежко?", "Is the abuse getting worse?"),
        ("Контролира ли всичко, ревнува ли прекомерно?", "Does he try to control everything, is he very jealous?"),
        ("Използвал ли е оръжие или предмети?", "Has he ever used weapons or objects to hurt her?"),
        ("Заплашвал ли е да убие някого и повярвахте ли?", "Has he threatened to kill, and did she believe it?"),
        ("Опитвал ли се е да души или удави?", "Has he tried to strangle, choke, suffocate or drown her?"),
        ("Прави ли или казва ли сексуални неща, които нараняват?", "Does he do or say sexual things that hurt?"),
        ("Има ли друг, който Ви заплашва?", "Is there anyone else who threatens her?"),
        ("Наранявал ли е други хора?", "Has he hurt anyone else?"),
        ("Измъчвал ли е животно?", "Has he mistreated an animal or the family pet?"),
        ("Има ли парични проблеми, зависите ли от него?", "Are there money issues, does she depend on him?"),
        ("Има ли проблеми с алкохол, наркотици или психиката?", "Problems with drugs, alcohol or mental health?"),
        ("Заплашвал ли е или опитвал ли е самоубийство?", "Has he threatened or attempted suicide?"),
        ("Нарушавал ли е заповед или гаранция?", "Has he broken bail or an order?"),
        ("Има ли криминално минало?", "Has he been in trouble with the police?"),
    ),
    level_of=_dash_level,
    certain_without_applicable=True,
)

INSTRUMENTS: Mapping[str, Instrument] = {instrument.code: instrument for instrument in (LAP, DASH)}
