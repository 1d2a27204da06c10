"""How long the database server waits for a node that froze in the middle of a transaction."""

from __future__ import annotations

import sqlalchemy as sa

from deltaic.operations.nodes import with_short_transactions


def test_the_limit_is_added_to_what_the_url_says() -> None:
    url = sa.make_url(with_short_transactions("postgresql://me:p%40ss@db/name?options=-c%20search_path%3Dx", 1.5))
    assert url.query["options"] == "-c search_path=x -c idle_in_transaction_session_timeout=1500"
    assert (url.username, url.password, url.host, url.database) == ("me", "p@ss", "db", "name")
