"""Whether somebody may see something, as Datasette 0.65 and 1.0 each are asked for it."""

from __future__ import annotations

from typing import Any

from datasette import Forbidden


async def may_read(datasette: Any, actor: Any, database: str, table: str) -> bool:
    """Whether a table may be seen, with its database and the instance."""
    if hasattr(datasette, "ensure_permissions"):
        try:
            await datasette.ensure_permissions(
                actor, [("view-table", (database, table)), ("view-database", database), "view-instance"]
            )
        except Forbidden:
            return False
        return True
    from datasette.resources import TableResource

    # 1.0 asks for the database and the instance by itself
    allowed = datasette.allowed(action="view-table", resource=TableResource(database, table), actor=actor)
    return bool(await allowed)


async def may_see(datasette: Any, actor: Any, database: str) -> bool:
    """Whether a database may be seen."""
    resource: Any = database
    if not hasattr(datasette, "ensure_permissions"):
        from datasette.resources import DatabaseResource

        resource = DatabaseResource(database)
    visible, _ = await datasette.check_visibility(actor, "view-database", resource)
    return bool(visible)
