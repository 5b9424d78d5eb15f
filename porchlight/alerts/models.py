"""What text alerts keep: numbers (sealed), consent, programs, broadcasts, and the outbox.

A number, a ZIP code, a birth month and the words of a text are sealed (`keyring.py`); they are found by keyed indexes.
Language, program and clock stand in plain columns, because the outbox reads them a million at a time.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Number(models.Model):
    """One telephone number, sealed. `index` is its HMAC under the index key `index_key`.

    `shard` (0 to 63) decides which pump alone writes to it. `clock` names the time zones in which it may be,
    joined by commas, likeliest first. `stopped` repeats what Suppression says, so that the outbox can join it.
    """

    index_key = models.PositiveSmallIntegerField()
    index = models.BinaryField(max_length=32)
    seal_key = models.PositiveSmallIntegerField()
    sealed = models.BinaryField(max_length=64)
    shard = models.PositiveSmallIntegerField()
    clock = models.CharField(max_length=200)
    sender = models.CharField(max_length=40, blank=True)  # the sender that writes to it, once one has
    stopped = models.BooleanField(default=False)
    greeted = models.BooleanField(default=False)  # has been told once how to delete the thread
    checked = models.DateField(null=True)  # when the Reassigned Numbers Database last said that it is theirs
    created = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["index_key", "index"], name="one_row_a_number"),)

    def __str__(self) -> str:
        return f"number {self.pk}"


class Suppression(models.Model):
    """A number that said STOP, by its index alone: it outlives erasure and every rotation of keys."""

    class Source(models.TextChoices):
        TEXT = "text"
        WEB = "web"
        STAFF = "staff"
        CARRIER = "carrier"
        REASSIGNED = "reassigned"
        ERASED = "erased"

    index_key = models.PositiveSmallIntegerField()
    index = models.BinaryField(max_length=32)
    source = models.CharField(max_length=12, choices=Source)
    since = models.DateTimeField()
    lifted = models.DateTimeField(
        null=True
    )  # by START from the same number, or a new sign-up that it confirmed
    acknowledged = models.DateTimeField(null=True)  # when the carrier took our one confirmation

    class Meta:
        constraints = (models.UniqueConstraint(fields=["index_key", "index"], name="one_stop_a_number"),)

    def __str__(self) -> str:
        return f"stop {self.pk}"


class Subscriber(models.Model):
    """Someone who asked for texts. `private` is sealed JSON: {"zip": "40202"}.

    The place is kept as keyed indexes (`zip_index`, `county_index`, `state_index`), enough to be asked for, not read.
    """

    class State(models.TextChoices):
        PENDING = "pending"  # asked; has not proved the number yet
        ACTIVE = "active"
        PAUSED = "paused"  # wrote something that may have meant STOP; a person decides
        LEFT = "left"

    number = models.OneToOneField(Number, on_delete=models.CASCADE, related_name="subscriber")
    state = models.CharField(max_length=8, choices=State)
    language = models.CharField(max_length=8)
    seal_key = models.PositiveSmallIntegerField()
    private = models.BinaryField(max_length=400)
    zip_index = models.BinaryField(max_length=32, null=True, db_index=True)
    county_index = models.BinaryField(max_length=32, null=True, db_index=True)
    state_index = models.BinaryField(max_length=32, null=True, db_index=True)
    joined = models.DateTimeField()
    changed = models.DateTimeField()

    def __str__(self) -> str:
        return f"subscriber {self.pk}"


class Consent(models.Model):
    """What someone agreed to: which wording, in which language, when, and how they did.

    It outlives the subscriber, who is forgotten soon after they left (`private.purge`): then `index` alone, under the
    key `index_key`, says whose it was, and only to whoever asks about that number.
    """

    class Source(models.TextChoices):
        WEB = "web"
        TEXT = "text"
        IMPORT = "import"
        STAFF = "staff"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, null=True, related_name="consents")
    index_key = models.PositiveSmallIntegerField(null=True)
    index = models.BinaryField(max_length=32, null=True, db_index=True)
    program = models.ForeignKey(
        "Program", on_delete=models.PROTECT, null=True
    )  # None: all that they joined then
    wording = models.CharField(max_length=40)  # name and version of a text in `consent.py`: "web-3"
    wording_sha256 = models.CharField(max_length=64)  # of the exact words shown
    language = models.CharField(max_length=8)
    source = models.CharField(max_length=6, choices=Source)
    evidence = models.CharField(max_length=200, blank=True)  # of an import: where the proof is kept
    asked = models.DateTimeField()
    confirmed = models.DateTimeField(null=True)  # by code or YES
    revoked = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"consent {self.pk}"


class Program(models.Model):
    """Something one can join: alerts on a topic, or a tip series.

    `names` and `keywords` are {"en": ..., "es": ...}. `series` names a file of `series/`; a series goes to the practice
    carrier only, until a Review of exactly these words is recorded.
    """

    class Kind(models.TextChoices):
        ALERTS = "alerts"
        SERIES = "series"

    class Policy(models.TextChoices):
        AT_LEAST_ONCE = "at_least_once"  # resend what a crash left unsure
        AT_MOST_ONCE = "at_most_once"  # leave it unknown

    slug = models.SlugField(unique=True)
    kind = models.CharField(max_length=6, choices=Kind)
    names = models.JSONField()
    keywords = models.JSONField(default=dict)
    policy = models.CharField(max_length=13, choices=Policy)
    series = models.CharField(max_length=40, blank=True)
    open = models.BooleanField(default=True)  # takes new subscribers

    def __str__(self) -> str:
        return self.slug


class Review(models.Model):
    """A named professional read a tip series. Holds for exactly the words whose hash is kept."""

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="reviews")
    name = models.CharField(max_length=100)
    profession = models.CharField(max_length=100)
    day = models.DateField()
    words_sha256 = models.CharField(max_length=64)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    recorded = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.program_id} by {self.name}"


class Enrollment(models.Model):
    """A subscriber in a program. `private` is sealed JSON: {"birth_month": "2024-05"}, for series by a child's age.

    `next_step` and `next_due` say which tip comes next and on which day.
    """

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="enrollments")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="enrollments")
    active = models.BooleanField(default=False)
    since = models.DateTimeField()
    seal_key = models.PositiveSmallIntegerField(null=True)
    private = models.BinaryField(max_length=200, null=True)
    next_step = models.CharField(max_length=40, blank=True)
    next_due = models.DateField(null=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["subscriber", "program"], name="one_enrollment"),)

    def __str__(self) -> str:
        return f"enrollment {self.pk}"


class Broadcast(models.Model):
    """One message to many: `texts` is {"en": ..., "es": ...}; `audience` is what `audience.py` reads.

    A tip of one day is a broadcast too (`step`). Expansion goes on from `expanded_to`, the last enrollment written.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        WAITING = "waiting"  # for a second person
        SCHEDULED = "scheduled"
        SENDING = "sending"  # expanding, or with rows to send
        PAUSED = "paused"
        CANCELLED = "cancelled"
        DONE = "done"

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="broadcasts")
    state = models.CharField(max_length=9, choices=State, db_index=True)
    step = models.CharField(max_length=40, blank=True)
    words_sha256 = models.CharField(
        max_length=64, blank=True
    )  # of the series that a tip is from, as it was then
    texts = models.JSONField()
    unaccented = models.BooleanField(default=False)  # Spanish sent in the GSM alphabet
    audience = models.JSONField(default=dict)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created = models.DateTimeField()
    changed = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    expires = models.DateTimeField(null=True)  # a text not sent by then is expired, never late
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    expanded_to = models.BigIntegerField(default=0)
    expanded = models.BooleanField(default=False)
    total = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"broadcast {self.pk}"


class Override(models.Model):
    """A missing child: leave to send outside quiet hours, on a police reference and a second person; ends by itself."""

    broadcast = models.OneToOneField(Broadcast, on_delete=models.CASCADE, related_name="override")
    police_reference = models.CharField(max_length=100)
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved = models.DateTimeField(null=True)
    expires = models.DateTimeField()
    found = models.ForeignKey(
        Broadcast, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # the follow-up

    def __str__(self) -> str:
        return f"override of {self.broadcast_id}"


class Lane(models.Model):
    """The texts of one broadcast on one clock by one sender: opened, paused and closed as one, without touching rows.

    `broadcast` is None for the lane of replies and codes, which is always open.
    """

    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, null=True, related_name="lanes")
    clock = models.CharField(max_length=200, blank=True)
    sender = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["broadcast", "clock", "sender"], name="one_lane"),
            # Of replies: NULLs are never the same to SQLite, nor to PostgreSQL before 15.
            models.UniqueConstraint(
                fields=["clock", "sender"], condition=models.Q(broadcast__isnull=True), name="one_reply_lane"
            ),
        )

    def __str__(self) -> str:
        return f"lane {self.pk}"


class Delivery(models.Model):
    """One text to one number. At most one of a broadcast to a number.

    `kind` says who began: START are texts that we start, REPLY answers a text, STOP_REPLY is the one confirmation of
    STOP, CODE proves a number at sign-up. `sealed_body` holds the words of anything that is not a broadcast; it is
    emptied when the text is done. `slot` is the moment the rate lets it go, in seconds since 1970.
    """

    class State(models.IntegerChoices):
        QUEUED = 0
        CLAIMED = 1
        SENT = 2  # the carrier took it
        DELIVERED = 3
        FAILED = 4
        EXPIRED = 5
        CANCELLED = 6
        UNKNOWN = 7

    class Kind(models.IntegerChoices):
        START = 0
        REPLY = 1
        STOP_REPLY = 2
        CODE = 3

    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, db_index=False)
    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, null=True, db_index=False)
    number = models.ForeignKey(Number, on_delete=models.CASCADE)
    shard = models.PositiveSmallIntegerField()
    kind = models.PositiveSmallIntegerField(choices=Kind, default=Kind.START)
    state = models.PositiveSmallIntegerField(choices=State, default=State.QUEUED)
    language = models.CharField(max_length=8)
    segments = models.PositiveSmallIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    again_at = models.FloatField(null=True)  # seconds since 1970; not tried before
    pump = models.CharField(max_length=40, blank=True)
    slot = models.FloatField(null=True)
    sealed_body = models.BinaryField(null=True)
    seal_key = models.PositiveSmallIntegerField(null=True)
    message_id = models.CharField(max_length=80, blank=True)
    error = models.CharField(max_length=60, blank=True)
    expires = models.FloatField(null=True)  # of replies and codes; a broadcast has its own
    sent = models.FloatField(null=True)
    done = models.FloatField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["broadcast", "number"],
                condition=models.Q(broadcast__isnull=False),
                name="one_a_broadcast",
            ),
        )
        indexes = (
            models.Index(fields=["lane", "shard", "id"], condition=models.Q(state=0), name="to_claim"),
            models.Index(fields=["pump"], condition=models.Q(state=1), name="claimed"),
            models.Index(fields=["message_id"], condition=~models.Q(message_id=""), name="by_message_id"),
            # For counting: only rows that have left the queue, so that writing a broadcast out costs no more.
            models.Index(fields=["broadcast", "state"], condition=models.Q(state__gte=2), name="to_count"),
        )

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class Part(models.Model):
    """One segment of a delivery whose carrier took each by itself: `message_id` is what `sender`'s carrier named it."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="parts")
    sender = models.CharField(max_length=40)
    message_id = models.CharField(max_length=80, db_index=True)
    delivered = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"part of {self.delivery_id}"


class Pump(models.Model):
    """A slot of the processes that send: slot 1 of `of`. `epoch` fences out a process that lost its slot."""

    slot = models.PositiveSmallIntegerField(unique=True)
    of = models.PositiveSmallIntegerField()
    epoch = models.PositiveBigIntegerField(default=0)
    holder = models.CharField(max_length=40)
    until = models.FloatField()  # seconds since 1970

    def __str__(self) -> str:
        return f"pump {self.slot} of {self.of}"


class SenderState(models.Model):
    """What all pumps must agree on for one sender: the rate given out so far, a pause, its breaker, its day."""

    name = models.CharField(max_length=40, primary_key=True)
    arrival = models.FloatField(default=0)  # theoretical arrival time of the rate rule, seconds since 1970
    paused_until = models.FloatField(default=0)
    rate_factor = models.FloatField(default=1)  # lowered by throttling, grows back
    failures = models.PositiveIntegerField(default=0)
    broken_until = models.FloatField(default=0)
    day = models.DateField(null=True)
    segments_today = models.PositiveIntegerField(default=0)
    cost_today = models.DecimalField(max_digits=12, decimal_places=4, default=0)

    def __str__(self) -> str:
        return self.name


class Inbound(models.Model):
    """A text that someone sent us, sealed, purged at `purge`. `carrier` and `message_id` make a replay harmless."""

    class Reading(models.TextChoices):
        COMMAND = "command"
        PLACE = "place"
        WORDS = "words"  # anything else: a person looks at it

    carrier = models.CharField(max_length=40)
    message_id = models.CharField(max_length=80)
    sender = models.CharField(max_length=40)
    number = models.ForeignKey(Number, on_delete=models.CASCADE, related_name="inbound")
    seal_key = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()
    reading = models.CharField(max_length=8, choices=Reading)
    command = models.CharField(max_length=16, blank=True)
    paused_alerts = models.BooleanField(default=False)
    answered = models.BooleanField(default=True)  # False: the same words had their answers within the hour
    received = models.DateTimeField()
    purge = models.DateTimeField(db_index=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    seen = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["carrier", "message_id"], name="a_text_once"),)

    def __str__(self) -> str:
        return f"inbound {self.pk}"


class ParkedReceipt(models.Model):
    """A receipt that came before its delivery had a message id; tried again, dropped after a day."""

    sender = models.CharField(max_length=40)
    message_id = models.CharField(max_length=80, db_index=True)
    state = models.PositiveSmallIntegerField()
    error = models.CharField(max_length=60, blank=True)
    at = models.FloatField()

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class SignUpCode(models.Model):
    """Something asked for that waits for proof of the number: the code's keyed hash, how often it was tried, its end.

    `wish` is sealed JSON of `subscribe.Wish`: what holds once the number is proved. Until then nothing else changes.
    """

    subscriber = models.OneToOneField(Subscriber, on_delete=models.CASCADE, related_name="code")
    code = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    ends = models.DateTimeField()
    asked = models.DateTimeField(db_index=True)
    seal_key = models.PositiveSmallIntegerField()
    wish = models.BinaryField()

    def __str__(self) -> str:
        return f"code {self.pk}"


class SignUpCount(models.Model):
    """How many codes were asked for in one hour: for one number (keyed index) or in all (empty). No address is kept.

    Of wrong codes typed on one page too, by that page's own keyed index.
    """

    index = models.BinaryField(max_length=32)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["index", "hour"], name="one_count_an_hour"),)

    def __str__(self) -> str:
        return f"{self.count} in {self.hour}"


class StaffAction(models.Model):
    """What a member of staff did, for the record: a full look at a number, an approval, a pause, an override."""

    who = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=40)
    number = models.ForeignKey(Number, on_delete=models.SET_NULL, null=True)
    broadcast = models.ForeignKey(Broadcast, on_delete=models.SET_NULL, null=True)
    why = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.what} {self.at}"


class StaffPhone(models.Model):
    """The telephone of a member of staff, for tests of a broadcast, once it is proved by a code."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_phone"
    )
    number = models.ForeignKey(Number, on_delete=models.CASCADE, related_name="+")
    proved = models.DateTimeField(null=True)
    code = models.BinaryField(max_length=32, null=True)  # the keyed hash of the code that was sent
    code_ends = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"telephone of {self.user_id}"


class LogInTries(models.Model):
    """How often a log-in failed in a row, by the keyed hash of the name that was typed. No address is kept."""

    name = models.BinaryField(max_length=32, unique=True)
    failures = models.PositiveSmallIntegerField(default=0)
    last = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.failures} failures"


class Chore(models.Model):
    """Something that is done once in a while, or once: what, and when it was done last (seconds since 1970)."""

    name = models.CharField(max_length=60, primary_key=True)
    last = models.FloatField()

    def __str__(self) -> str:
        return self.name
