"""The controls over a gallery."""

import pytest

from workbench.errors import InputError
from workbench.score.interactive import outcomes
from workbench.show.instruments.filters import Filters


def test_nothing_is_asked_for_at_first_and_one_change_is_told_once(world):
    one = world.predict("one", 5)
    filters = Filters(outcomes.of(one, world.labels), [one], {})
    assert filters.choice == outcomes.Choice(statuses=(None,))
    told = []
    filters.observe(lambda: told.append(filters.choice))
    filters.label_count.value = 2
    assert told == [outcomes.Choice(statuses=(None,), label_count=2)]


def test_a_class_that_nobody_knows_is_refused(world):
    one = world.predict("one", 5)
    filters = Filters(outcomes.of(one, world.labels), [one], {})
    filters.label.value = "no such class"
    with pytest.raises(InputError, match="no class is named like 'no such class'"):
        filters.choice  # noqa: B018
