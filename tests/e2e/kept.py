"""What a town's database holds of texts, as JSON for a test to count: run in the town's own environment.

{"deliveries": [{"number", "ours", "ids", "segments", "state", "words"}], "inbound": [{"number", "words"}]}: numbers are
E.164, `state` is a name of `Delivery.State`, `words` is null for anything but a broadcast (its words are not kept).
"""

from __future__ import annotations

import json
from typing import Any


def main() -> None:
    """Print it."""
    import django

    django.setup()
    from porchlight.alerts import inbound, numbers
    from porchlight.alerts.models import Delivery, Inbound

    rows = Delivery.objects.select_related("lane", "broadcast", "number").prefetch_related("parts")
    print(
        json.dumps(
            {
                "deliveries": [_delivery(row) for row in rows.order_by("pk")],
                "inbound": [
                    {"number": numbers.open_(row.number), "words": inbound.words(row)}
                    for row in Inbound.objects.select_related("number").order_by("pk")
                    if row.number is not None
                ],
            }
        )
    )


def _delivery(row: Any) -> dict[str, object]:
    from porchlight.alerts import config, numbers
    from porchlight.alerts.models import Delivery

    texts = row.broadcast.texts if row.broadcast is not None else {}
    return {
        "number": numbers.open_(row.number),
        "ours": config.sender(row.lane.sender).number,
        "ids": [part.message_id for part in row.parts.all()] or [row.message_id] * bool(row.message_id),
        "segments": row.segments,
        "state": Delivery.State(row.state).name,
        "words": (texts.get(row.language) or texts["en"]) if texts else None,
    }


if __name__ == "__main__":
    main()
