"""Whose number may be used for a purpose: the rules, asked once for many persons."""

from collections.abc import Sequence
from datetime import date
from operator import itemgetter
from typing import Final

from custody.calendar import has_reached
from custody.people import Bearer, NumberState, codes_over, end_of, notified_codes
from policies.actor import Actor
from policies.authorize import Likeness, may_use
from policies.purposes import Catalogue
from policies.refusals import Denied

_alike: Final = itemgetter(slice(3, None))
"""What makes persons alike to a rule; see `Bearer`."""


class Judge:
    """Asks the rules once for all persons who are alike in everything a rule looks at.

    Args:
        catalogue: the purposes.
        actor: who asks for numbers.
        code: the purpose they are asked for.
        today: the day in Japan.
    """

    def __init__(self, catalogue: Catalogue, actor: Actor, code: str, today: date) -> None:
        self._catalogue = catalogue
        self._actor = actor
        self._code = code
        self._today = today
        purpose = catalogue.get(code)
        self._age = purpose.conditions.minimum_age if purpose and purpose.conditions else None
        self._verdicts: dict[tuple[str, str, str, str, bool], Denied | None] = {}
        self.ends: date | None = None
        """The first day on which a use for the purpose will be refused for one of those judged."""

    def __call__(self, bearer: Bearer) -> Denied | None:
        """Why the number of somebody may not be used for the purpose; None if it may."""
        of_age = self._age is None or has_reached(bearer.birth_date, self._age, self._today)
        alike = (bearer.kind, bearer.state, bearer.notified, bearer.ends, of_age)
        if alike not in self._verdicts:
            self._verdicts[alike] = may_use(
                self._actor, self._catalogue, self._code, _likeness(bearer, self._today, of_age=of_age)
            )
            self._look_ahead(bearer)
        return self._verdicts[alike]

    def _look_ahead(self, bearer: Bearer) -> None:
        end = end_of(bearer.ends, self._code)
        if end is not None and end > self._today:
            self.ends = min(end, self.ends or end)

    def allows_all(self, people: Sequence[Bearer]) -> bool:
        """Whether nobody is refused. One of all who are alike speaks for them, unless each has an age to reach."""
        if self._age is not None:
            return not any(map(self, people))
        return not any(map(self, dict(zip(map(_alike, people), people, strict=True)).values()))


def _likeness(bearer: Bearer, today: date, *, of_age: bool) -> Likeness:
    held = bearer.state == NumberState.HELD.value
    over = codes_over(bearer.ends, today.isoformat())
    return Likeness(bearer.kind, held, of_age, notified_codes(bearer.notified), over)
