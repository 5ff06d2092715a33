"""Parquet: the records of JSONL in columns, with a schema that the archive's own tables state. Loses nothing.

Times are texts as in JSON, parts of a record are lists of structs; the readings, which nobody analyses, are one text
of JSON. Arrow itself reads the JSON that SQLite wrote: 120 µs an article, as Python objects it would be 1,000.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from archive.exports.blocks import Sink, beside, blocks
from archive.exports.chosen import Chosen
from archive.models import Progress
from archive.store_export import PARTS, Column

# bytes of JSON of a row group: what is in memory at once is about five times that
_GROUP = 16 << 20
_TYPES: dict[str, pa.DataType] = {"integer": pa.int64(), "real": pa.float64(), "text": pa.string()}
_TEXTS = pa.list_(pa.string())
# numbers that an edit changed: as they stood, as they stand
_NUMBERS = pa.list_(pa.struct([("old", _TEXTS), ("new", _TEXTS)]))
# columns with few values; for all others a dictionary costs a third more time and saves nothing
_FEW = {
    "format", "source", "publisher", "published_from", "published_zone", "modified_from", "language", "section",
    "extractor", "proof", "kind", "outcome", "status", "warc_file", "relation", "reason", "claimed_by", "about",
    "series", "category", "as_of", "standing",
}  # fmt: skip


def schema(chosen: Chosen) -> pa.Schema:
    """The schema of the records of what is chosen."""
    columns = chosen.store.table_columns
    form = pa.field("format", pa.string())
    if chosen.bare:
        return pa.schema([form, *_fields(columns("articles"))])
    return pa.schema(
        [
            form,
            *(field for field in _fields(columns("articles")) if field.name != "revisions"),
            *(pa.field(part, _part(chosen, part)) for part in PARTS),
            pa.field("restricted", pa.struct([("at", pa.string()), ("reason", pa.string())])),
            pa.field("sources", pa.list_(pa.struct(list(_fields(columns("sources")))))),
            pa.field("fictional", pa.bool_()),
        ]
    )


def write(chosen: Chosen, path: Path, progress: Progress) -> None:
    """Write the file."""
    with path.open("wb") as out:
        stream(chosen, out, progress)


def stream(chosen: Chosen, out: BinaryIO, progress: Progress) -> None:
    """Write the file; it is made from its beginning to its end."""
    form = schema(chosen)
    with pq.ParquetWriter(
        pa.PythonFile(Sink(out), mode="w"),
        form,
        compression="zstd",
        compression_level=1,
        use_dictionary=list(_leaves(form)),  # type: ignore[arg-type]  # the stubs know of no list
        write_statistics=True,
    ) as writer:

        def add(block: bytes) -> None:
            writer.write_table(_table(block, form))

        with beside(add) as put:
            for block in blocks(chosen, chosen.lines(readings_as_text=True), progress, _GROUP):
                put(block)


def _table(block: bytes, form: pa.Schema) -> pa.Table:
    return pj.read_json(
        io.BytesIO(block),
        # one piece: an object must not lie across two
        read_options=pj.ReadOptions(use_threads=False, block_size=len(block) + 1),
        parse_options=pj.ParseOptions(explicit_schema=form, unexpected_field_behavior="error"),
    )


def _part(chosen: Chosen, part: str) -> pa.DataType:
    if part == "readings":
        return pa.string()
    if part == "addresses":
        return _TEXTS
    return pa.list_(pa.struct(list(_fields(chosen.store.part_columns(part)))))


def _fields(columns: Iterable[Column]) -> Iterator[pa.Field[pa.DataType]]:
    for column in columns:
        kind: pa.DataType = (
            _TYPES[column.kind] if not column.json else _NUMBERS if column.name == "numbers" else _TEXTS
        )
        yield pa.field(column.name, kind)


def _leaves(form: pa.Schema) -> Iterator[str]:
    """The columns with few values, as Parquet names them."""
    for field in form:
        if field.name in _FEW:
            yield field.name
        if isinstance(field.type, pa.ListType) and isinstance(field.type.value_type, pa.StructType):
            yield from (
                f"{field.name}.list.element.{inner.name}" for inner in field.type.value_type if inner.name in _FEW
            )
