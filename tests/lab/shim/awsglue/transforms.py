"""`awsglue.transforms`: the transforms as classes."""

from __future__ import annotations

from typing import Any

from pyspark.sql.types import NullType

from awsglue.dynamicframe import DynamicFrame, absent

__all__ = [
    "ApplyMapping",
    "DropFields",
    "DropNullFields",
    "Filter",
    "Join",
    "RenameField",
    "ResolveChoice",
    "SelectFields",
]


class ApplyMapping:
    @classmethod
    def apply(cls, frame: DynamicFrame, mappings: list[Any], **_: Any) -> DynamicFrame:
        return frame.apply_mapping(mappings)


class ResolveChoice:
    @classmethod
    def apply(cls, frame: DynamicFrame, **arguments: Any) -> DynamicFrame:
        return frame.resolveChoice(**arguments)


class DropFields:
    @classmethod
    def apply(cls, frame: DynamicFrame, paths: list[str], **_: Any) -> DynamicFrame:
        return frame.drop_fields(paths)


class SelectFields:
    @classmethod
    def apply(cls, frame: DynamicFrame, paths: list[str], **_: Any) -> DynamicFrame:
        return frame.select_fields(paths)


class RenameField:
    @classmethod
    def apply(
        cls, frame: DynamicFrame, old_name: str, new_name: str, **_: Any
    ) -> DynamicFrame:
        return frame.rename_field(old_name, new_name)


class Filter:
    @classmethod
    def apply(cls, frame: DynamicFrame, f: Any, **_: Any) -> DynamicFrame:
        return frame.filter(f)


class Join:
    @classmethod
    def apply(
        cls,
        frame1: DynamicFrame,
        frame2: DynamicFrame,
        keys1: list[str] | str,
        keys2: list[str] | str,
        **_: Any,
    ) -> DynamicFrame:
        listed = [[k] if isinstance(k, str) else list(k) for k in (keys1, keys2)]
        return frame1.join(listed[0], listed[1], frame2)


class DropNullFields:
    @classmethod
    def apply(cls, frame: DynamicFrame, **_: Any) -> DynamicFrame:
        fields = frame.schema().fields
        return frame.drop_fields(
            [field.name for field in fields if isinstance(field.dataType, NullType)]
        )


def __getattr__(name: str) -> Any:
    # The import machinery asks for `__path__` and the like.
    if name.startswith("__"):
        raise AttributeError(name)
    raise absent(f"transform {name}")
