"""A cast, and takes in review."""

import pytest

from reviews.models import Round
from tests import factories
from tests.cast import Cast, assemble


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def in_review(cast: Cast) -> Round:
    """Amara asked for it; Bruno may decide."""
    with cast.at():
        return factories.round_of(factories.take(cast), cast.amara)


@pytest.fixture
def shared(cast: Cast) -> Round:
    """Approved inside: the client may look."""
    with cast.at():
        return factories.shared_take(cast)
