"""Pages of a list, with the position kept in the token."""

from __future__ import annotations

from typing import Any

from lab.service import ApiError


def page(
    items: list[Any], request: dict[str, Any], default: int
) -> tuple[list[Any], str | None]:
    """The page that `request` asks for, and the token of the next one."""
    token = request.get("NextToken") or "0"
    if not token.isdigit() or int(token) > len(items):
        raise ApiError("InvalidInputException", f"the token {token!r} is not valid")
    start = int(token)
    end = start + min(request.get("MaxResults", default), default)
    return items[start:end], str(end) if end < len(items) else None
