"""The shape of every fact file, and of what a site may correct.

A fact file is `us/XX.yaml` (one of 56 jurisdictions) or `national.yaml`. Every scalar in a file is a string; this
schema gives it its type. Files hold values and codes; sentences are written once per language in `porchlight.report`.
Text under `notes` is English, for the page "how we know", and never part of an Answer.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Code = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
JurisdictionCode = Annotated[str, Meta(pattern=r"^US-[A-Z]{2}$")]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
WebAddress = Annotated[str, Meta(pattern=r"^https?://[^\s]+$")]
ContentDate = Annotated[str, Meta(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]  # as precise as the source is


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of every value in a fact file: frozen, keyword only, unknown keys refused."""


# --- contacts ---------------------------------------------------------------------------------------------------------


class Kind(StrEnum):
    phone = "phone"
    sms = "sms"
    tty = "tty"
    web = "web"
    fax = "fax"
    email = "email"
    chat = "chat"


class ContactRole(StrEnum):
    intake = "intake"  # takes reports for the authority
    connector = "connector"  # helps you find whom to call; takes no reports
    tip_line = "tip_line"  # takes tips for police or another authority, not for child protection
    youth_help = "youth_help"  # made for children and young people
    family_help = "family_help"  # made for parents and carers
    victim_services = "victim_services"
    emergency = "emergency"
    relay = "relay"
    safe_haven = "safe_haven"


class Topic(StrEnum):
    """What a contact takes."""

    abuse = "abuse"  # child abuse and neglect
    trafficking = "trafficking"  # child trafficking
    adult_trafficking = "adult_trafficking"
    labor = "labor"  # labor trafficking and labor law
    online = "online"
    images = "images"  # taking down sexual images of a child
    missing = "missing"
    runaway = "runaway"
    suicide = "suicide"
    any_problem = "any_problem"
    sexual_assault = "sexual_assault"
    domestic_violence = "domestic_violence"
    dating_violence = "dating_violence"
    lgbtq = "lgbtq"
    family_support = "family_support"
    parent_stress = "parent_stress"
    own_behavior = "own_behavior"  # worry about one's own or another's sexual behavior toward a child
    safe_haven = "safe_haven"
    federal_land = "federal_land"
    tribal_land = "tribal_land"
    military = "military"


class Audience(StrEnum):
    anyone = "anyone"
    mandated = "mandated"
    professionals = "professionals"
    youth = "youth"
    parents = "parents"
    deaf = "deaf"
    native = "native"
    military = "military"
    adults = "adults"


class Callers(StrEnum):
    """From where a number can be reached, when its sources say so."""

    anywhere = "anywhere"
    in_state = "in_state"
    out_of_state = "out_of_state"


class Limit(StrEnum):
    """What a person must know before using a contact; each has a sentence in every language."""

    non_emergency_only = "non_emergency_only"
    processing_24_hours = "processing_24_hours"
    processing_48_hours = "processing_48_hours"
    mandated_only = "mandated_only"
    account_required = "account_required"
    name_required = "name_required"
    not_a_report = "not_a_report"
    is_a_report = "is_a_report"  # what is said here goes to police
    office_not_hotline = "office_not_hotline"
    recorded = "recorded"
    documents_only = "documents_only"  # for written follow-up, not for a first report
    no_case_details = "no_case_details"  # do not put a child's details in a message
    mobile_only = "mobile_only"
    reply_from_other_number = "reply_from_other_number"
    relay_service = "relay_service"
    automated = "automated"  # a recording first, then connects
    videophone = "videophone"
    same_device = "same_device"  # Take It Down: on the device that holds the image
    ask_for_on_call = "ask_for_on_call"
    say_county = "say_county"
    police_dispatch = "police_dispatch"
    adults_only = "adults_only"
    minors_call_intake = "minors_call_intake"
    digits_from_letters = "digits_from_letters"  # the source prints letters only; the digits were worked out
    hours_from_elsewhere = "hours_from_elsewhere"  # hours are documented by another body than the owner
    old_page = "old_page"


class PassOn(StrEnum):
    """What a helpline says it may have to tell others; each has a sentence in every language."""

    not_stated = "not_stated"
    if_child_identified = "if_child_identified"
    abused_minor_in_care = "abused_minor_in_care"
    danger_or_law = "danger_or_law"
    suspected_abuse_or_harm = "suspected_abuse_or_harm"
    is_a_police_report = "is_a_police_report"
    nothing_leaves_device = "nothing_leaves_device"
    under_13_danger_or_law = "under_13_danger_or_law"
    shelter_tells_parent = "shelter_tells_parent"
    suicide_in_progress = "suicide_in_progress"
    no_search_for_runaways = "no_search_for_runaways"
    terms_may_be_old = "terms_may_be_old"
    local_center_rules = "local_center_rules"
    no_name_needed = "no_name_needed"
    number_hidden = "number_hidden"  # software removes your number and place


class WhenClosed(StrEnum):
    """Where to turn when a contact is closed; a contact id may stand in the same list."""

    emergency_911 = "emergency_911"
    local_police = "local_police"
    sheriff = "sheriff"
    state_police = "state_police"
    tribal_police = "tribal_police"
    dispatch = "dispatch"
    same_number_on_call = "same_number_on_call"
    leave_message = "leave_message"
    two_one_one = "two_one_one"


class Day(StrEnum):
    mon = "mon"
    tue = "tue"
    wed = "wed"
    thu = "thu"
    fri = "fri"
    sat = "sat"
    sun = "sun"


class HoursKind(StrEnum):
    always = "always"  # day and night, every day
    unknown = "unknown"  # no source gives hours
    office = "office"  # "office hours", times not printed
    weekly = "weekly"  # times are printed
    outside = "outside"  # open when the contact `of` is closed


class Span(Fact, frozen=True, kw_only=True):
    """Days of the week, and a time of day from which and until which the contact answers."""

    days: tuple[Day, ...]
    start: Clock
    end: Clock


class Hours(Fact, frozen=True, kw_only=True):
    """When a contact answers. `zone` is an IANA name, or `local` where the source names none."""

    kind: HoursKind
    zone: str | None = None
    spans: tuple[Span, ...] = ()
    holidays: bool | None = None  # True: also answers on public holidays; None: the source does not say
    of: Code | None = None
    sources: tuple[str, ...] = ()
    as_of: str | None = None


class WithholdReason(StrEnum):
    not_intake = "not_intake"  # a working number, but of an office that takes no reports
    owner_unclear = "owner_unclear"
    weak_source = "weak_source"
    conflict = "conflict"
    superseded = "superseded"
    wrong = "wrong"
    recheck = "recheck"
    did_not_work = "did_not_work"  # someone tried it


class How(StrEnum):
    called = "called"
    seen_live = "seen_live"


class Confirmation(Fact, frozen=True, kw_only=True):
    """A named person called the number, or saw it on the agency's live page, on a day."""

    by: Annotated[str, Meta(min_length=2, max_length=120)]
    on: dt.date
    how: How


class Conflict(Fact, frozen=True, kw_only=True):
    """Another value that a source prints in place of this one."""

    value: str
    sources: tuple[str, ...]
    note: str | None = None


class Contact(Fact, frozen=True, kw_only=True):
    """One way to reach one authority or service.

    `value` is E.164 for a phone, fax or TTY (or a three-digit service code such as `988`, or `#77`), 3 to 6 digits or
    E.164 for a text, an https address for web and chat. `printed` is what the source prints, vanity letters and all.
    """

    id: Code
    role: ContactRole
    kind: Kind
    value: str
    printed: str
    takes: tuple[Topic, ...]
    sources: tuple[str, ...]
    name: str | None = None  # the line's own name, when it has one
    operator: str | None = None
    keyword: str | None = None  # the word to text to a short code
    option: str | None = None  # the menu key to press
    counties: tuple[str, ...] = ()  # empty: the whole jurisdiction
    except_counties: tuple[str, ...] = ()
    callers: Callers | None = None  # None: no source says
    twin: Code | None = None  # the contact for callers on the other side of the line
    audience: tuple[Audience, ...] = (Audience.anyone,)
    hours: Hours = Hours(kind=HoursKind.unknown)
    when_closed: tuple[str, ...] = ()  # WhenClosed codes or contact ids, in order
    limits: tuple[Limit, ...] = ()
    languages: tuple[str, ...] = ()  # BCP 47 tags a source names; `interpreter` for any by interpreter
    ages: str | None = None  # "13-24", "18+", "any"
    pass_on: tuple[PassOn, ...] = ()
    second_choice: bool = False  # shown after the main number: its cover is less sure
    withhold: WithholdReason | None = None
    confirmed: Confirmation | None = None
    conflicts: tuple[Conflict, ...] = ()
    checked: dt.date | None = None  # the day someone last compared this entry with its sources
    notes: tuple[str, ...] = ()


class BadReason(StrEnum):
    replaced = "replaced"
    wrong_digit = "wrong_digit"
    wrong_scope = "wrong_scope"  # a county's or another service's number printed as statewide
    wrong_service = "wrong_service"
    closed = "closed"


class KnownBad(Fact, frozen=True, kw_only=True):
    """A number that is in print and must not be used; kept so that it can never come back."""

    kind: Kind
    value: str
    printed: str
    reason: BadReason
    sources: tuple[str, ...]
    use_instead: Code | None = None
    notes: tuple[str, ...] = ()


# --- routing ----------------------------------------------------------------------------------------------------------


class RouteModel(StrEnum):
    statewide = "statewide"
    county = "county"
    county_with_state_line = "county_with_state_line"
    regional = "regional"
    none_known = "none_known"


class RouteBasis(StrEnum):
    """Which place decides the office."""

    where_it_happened = "where_it_happened"
    where_child_lives = "where_child_lives"
    where_child_is = "where_child_is"
    any_office = "any_office"
    where_caller_is = "where_caller_is"


class Authority(StrEnum):
    """Who else takes a report, in the words of law or the agency."""

    hotline = "hotline"
    cps_office = "cps_office"
    police = "police"
    sheriff = "sheriff"
    state_police = "state_police"
    prosecutor = "prosecutor"
    court = "court"
    tribal = "tribal"
    licensing_agency = "licensing_agency"
    military_police = "military_police"
    trafficking_coordinator = "trafficking_coordinator"


class Routing(Fact, frozen=True, kw_only=True):
    model: RouteModel
    sources: tuple[str, ...]
    basis: tuple[RouteBasis, ...] = ()
    also: tuple[Authority, ...] = ()
    after_hours: tuple[str, ...] = ()  # WhenClosed codes or contact ids
    directory: WebAddress | None = None  # the authority's own list of county offices
    notes: tuple[str, ...] = ()


# --- law --------------------------------------------------------------------------------------------------------------


class LawFact(Fact, frozen=True, kw_only=True):
    """What every group of the law carries: citation, sources, and how far to trust it."""

    sources: tuple[str, ...]
    cite: str | None = None
    as_of: str | None = None  # date of the text the fact rests on, when it is older than the file
    valid_from: str | None = None
    recheck: bool = False  # shown as "check with the hotline"
    disputed: str | None = None  # English, for "how we know"; shown as "check with the hotline"
    notes: tuple[str, ...] = ()


class Who(StrEnum):
    universal = "universal"
    professions = "professions"
    both = "both"


class Everyone(StrEnum):
    """Where only some professions must report abuse, what every person must report all the same."""

    child_sexual_abuse = "child_sexual_abuse"
    violent_or_sexual_under_13 = "violent_or_sexual_under_13"


class Group(StrEnum):
    """Profession groups that laws name; `condition` of GroupDuty narrows one."""

    animal_services = "animal_services"
    attorneys = "attorneys"
    child_care = "child_care"
    church_workers = "church_workers"
    clergy = "clergy"
    coach = "coach"
    computer_technician = "computer_technician"
    corrections = "corrections"
    coroner = "coroner"
    court_staff = "court_staff"
    ems = "ems"
    film_processor = "film_processor"
    firefighters = "firefighters"
    foster = "foster"
    health = "health"
    higher_ed = "higher_ed"
    juvenile_justice = "juvenile_justice"
    law_enforcement = "law_enforcement"
    librarians = "librarians"
    mental_health = "mental_health"
    parents_guardians = "parents_guardians"
    pharmacist = "pharmacist"
    probation = "probation"
    school = "school"
    social_work = "social_work"
    victim_services = "victim_services"
    volunteers = "volunteers"
    youth_program = "youth_program"
    other_listed = "other_listed"


class Standard(StrEnum):
    know_or_suspect = "know_or_suspect"
    suspect = "suspect"
    cause_suspect = "cause_suspect"
    cause_believe = "cause_believe"
    reason_suspect = "reason_suspect"
    reason_believe = "reason_believe"
    reasonable_belief = "reasonable_belief"
    reasonable_suspicion = "reasonable_suspicion"
    reasonable_cause_believe = "reasonable_cause_believe"
    reasonable_cause_suspect = "reasonable_cause_suspect"
    reasonable_cause_know_or_suspect = "reasonable_cause_know_or_suspect"
    know_or_reason_believe = "know_or_reason_believe"
    know_or_reasonable_cause_believe = "know_or_reasonable_cause_believe"
    know_or_reasonable_cause_suspect = "know_or_reasonable_cause_suspect"
    know_or_reasonable_suspicion = "know_or_reasonable_suspicion"
    unknown = "unknown"


class GroupDuty(Fact, frozen=True, kw_only=True):
    """A listed group; `condition` is the law's narrowing word as a code (`age-18-plus`, `sexual-abuse-only`)."""

    group: Group
    condition: Code | None = None


class DutyLaw(LawFact, frozen=True, kw_only=True):
    who: Who
    standard: Standard
    groups: tuple[GroupDuty, ...] = ()
    everyone_for: tuple[Everyone, ...] = ()
    adults_only: bool = False  # people under 18 are not bound by the duty
    others_encouraged: bool = False
    look_back_years: int | None = None


class First(StrEnum):
    immediately = "immediately"
    within_hours = "within_hours"
    as_soon_as_practicable = "as_soon_as_practicable"
    first_opportunity = "first_opportunity"
    promptly = "promptly"
    as_soon_as_possible = "as_soon_as_possible"
    unspecified = "unspecified"


class Mode(StrEnum):
    any = "any"
    oral = "oral"
    written = "written"
    online = "online"
    fax = "fax"
    in_person = "in_person"


class Followup(StrEnum):
    none = "none"
    on_request = "on_request"
    always = "always"


class Superseded(Fact, frozen=True, kw_only=True):
    """An older rule still in print: what it said, until when."""

    rule: str
    until: str | None = None
    note: str | None = None


class TimingLaw(LawFact, frozen=True, kw_only=True):
    first: First
    max_hours: int | None = None
    professionals_max_hours: int | None = None
    modes: tuple[Mode, ...] = ()
    followup: Followup | None = None
    followup_hours: int | None = None
    followup_working_days: bool = False  # weekends and holidays are not counted
    superseded: Superseded | None = None


class ToRule(StrEnum):
    either = "either"
    cps_only = "cps_only"
    cps_first = "cps_first"
    by_suspect = "by_suspect"


class Suspect(StrEnum):
    """Who is thought to have done it, where the law sends reports by that."""

    responsible_for_child = "responsible_for_child"  # parent, guardian or other person with care of the child
    lives_with_child = "lives_with_child"
    someone_else = "someone_else"
    school_staff = "school_staff"
    facility_staff = "facility_staff"
    any_trafficker = "any_trafficker"


class Branch(Fact, frozen=True, kw_only=True):
    suspect: Suspect
    to: tuple[Authority, ...]


class ToLaw(LawFact, frozen=True, kw_only=True):
    who: tuple[Authority, ...]
    rule: ToRule
    branches: tuple[Branch, ...] = ()
    also_for_trafficking: tuple[Authority, ...] = ()
    also_for_sexual_abuse: tuple[Authority, ...] = ()


class InstitutionRule(StrEnum):
    personal = "personal"
    notify_head_and_report = "notify_head_and_report"
    may_notify_head_instead = "may_notify_head_instead"
    agent_may_file = "agent_may_file"


class InstitutionLaw(LawFact, frozen=True, kw_only=True):
    rule: InstitutionRule
    groups: tuple[Group, ...] = ()  # empty: every institution; else only these
    superseded: Superseded | None = None


class Privilege(StrEnum):
    kept = "kept"
    kept_limited = "kept_limited"
    abrogated = "abrogated"
    not_addressed = "not_addressed"


class PrivilegeLaw(LawFact, frozen=True, kw_only=True):
    clergy: Privilege | None = None
    attorney: Privilege | None = None


class NameRule(StrEnum):
    required = "required"
    required_professionals = "required_professionals"
    requested = "requested"
    optional = "optional"
    anonymous_refused_by_cps = "anonymous_refused_by_cps"


class Identity(StrEnum):
    confidential = "confidential"
    confidential_if_detrimental = "confidential_if_detrimental"


class ReporterLaw(LawFact, frozen=True, kw_only=True):
    name: NameRule | None = None
    identity: Identity | None = None


class Item(StrEnum):
    """What a report holds, as the law or the hotline lists it."""

    child_identity = "child_identity"
    child_age = "child_age"
    birth_date = "birth_date"
    child_location = "child_location"
    caretaker_identity = "caretaker_identity"
    household_members = "household_members"
    family_composition = "family_composition"
    injuries = "injuries"
    abuse_description = "abuse_description"
    sexual_abuse = "sexual_abuse"
    facts = "facts"
    previous_abuse = "previous_abuse"
    number_of_reports = "number_of_reports"
    suspect_identity = "suspect_identity"
    explanation_given = "explanation_given"
    how_learned = "how_learned"
    action_taken = "action_taken"
    report_date = "report_date"
    reporter_identity = "reporter_identity"
    reporter_address = "reporter_address"
    danger_to_worker = "danger_to_worker"
    other = "other"


class ContentsLaw(LawFact, frozen=True, kw_only=True):
    items: tuple[Item, ...]


class ImmunityLaw(LawFact, frozen=True, kw_only=True):
    good_faith: bool
    presumed: bool = False


class PenaltyClass(StrEnum):
    unclassified = "unclassified"
    fine = "fine"
    civil = "civil"
    petty_misdemeanor = "petty_misdemeanor"
    simple_misdemeanor = "simple_misdemeanor"
    disorderly_person = "disorderly_person"
    misdemeanor = "misdemeanor"
    misdemeanor_a = "misdemeanor_A"
    misdemeanor_b = "misdemeanor_B"
    misdemeanor_1 = "misdemeanor_1"
    misdemeanor_2 = "misdemeanor_2"
    felony_3 = "felony_3"
    felony_4 = "felony_4"
    felony_e = "felony_E"
    state_jail_felony = "state_jail_felony"
    immunity_lost = "immunity_lost"
    not_addressed = "not_addressed"


class PenaltyLaw(LawFact, frozen=True, kw_only=True):
    penalty: PenaltyClass
    max_fine_usd: int | None = None
    max_jail_days: int | None = None
    max_jail_months: int | None = None
    min_jail_months: int | None = None
    intent: str | None = None  # the law's own word: knowingly, willfully
    escalates: bool = False  # heavier in cases the notes name


class CrossBorder(StrEnum):
    """What the law says when two States are involved."""

    line_transfers = "line_transfers"
    any_local_office = "any_local_office"
    may_report_there_instead = "may_report_there_instead"


class CrossBorderLaw(LawFact, frozen=True, kw_only=True):
    rule: CrossBorder


class OffenseLaw(LawFact, frozen=True, kw_only=True):
    """Sex or labor trafficking of a child: is force, fraud or coercion part of it, and up to which age."""

    force_needed: bool
    age: int | None = None


class Covered(StrEnum):
    yes_any_perpetrator = "yes_any_perpetrator"
    yes = "yes"
    partial = "partial"
    caretaker_only = "caretaker_only"


class ChildAbuseLaw(LawFact, frozen=True, kw_only=True):
    covered: Covered


class SafeHarbor(StrEnum):
    immune_under_18 = "immune_under_18"
    under_16 = "under_16"
    victim_only = "victim_only"
    diversion = "diversion"
    presumption = "presumption"
    selling_not_a_crime = "selling_not_a_crime"
    no = "no"


class SafeHarborLaw(LawFact, frozen=True, kw_only=True):
    status: SafeHarbor


class Notice(StrEnum):
    all_employers = "all_employers"
    some_businesses = "some_businesses"
    hotline_program = "hotline_program"


class NoticeLaw(LawFact, frozen=True, kw_only=True):
    required: Notice


class CommercialAct(StrEnum):
    """What counts as commercial sex where the law lists it."""

    sex_act_for_value = "sex_act_for_value"
    obscene_material = "obscene_material"
    sexual_performance = "sexual_performance"


class DefinitionsLaw(LawFact, frozen=True, kw_only=True):
    commercial_acts: tuple[CommercialAct, ...]


class Trafficking(Fact, frozen=True, kw_only=True):
    sex_minor: OffenseLaw | None = None
    labor_minor: OffenseLaw | None = None
    child_abuse: ChildAbuseLaw | None = None
    safe_harbor: SafeHarborLaw | None = None
    notice: NoticeLaw | None = None
    definitions: DefinitionsLaw | None = None


class AnnualReportLaw(LawFact, frozen=True, kw_only=True):
    """A yearly count of child victims that the law asks for."""

    due: str


class FederalDutyLaw(LawFact, frozen=True, kw_only=True):
    """The duty of listed workers on federal land and in federal facilities, on top of state law."""

    groups: tuple[Group, ...]
    first: First


class Law(Fact, frozen=True, kw_only=True):
    """A missing group means "nobody sourced it", never "no such rule"."""

    duty: DutyLaw | None = None
    timing: TimingLaw | None = None
    to: ToLaw | None = None
    institution: InstitutionLaw | None = None
    privilege: PrivilegeLaw | None = None
    reporter: ReporterLaw | None = None
    contents: ContentsLaw | None = None
    immunity: ImmunityLaw | None = None
    penalty_fail: PenaltyLaw | None = None
    penalty_false: PenaltyLaw | None = None
    cross_border: CrossBorderLaw | None = None
    annual_report: AnnualReportLaw | None = None
    federal_duty: FederalDutyLaw | None = None  # national.yaml only
    trafficking: Trafficking | None = None
    notes: tuple[str, ...] = ()


# --- sources and files ------------------------------------------------------------------------------------------------


class SourceKind(StrEnum):
    jurisdiction = "jurisdiction"  # the jurisdiction's own page, code, rule or university
    jurisdiction_copy = "jurisdiction_copy"  # its text or release, on somebody else's page
    local_government = "local_government"  # county, city, public school: its own word for its own lines only
    federal = "federal"
    operator = "operator"  # the service's own page
    list = "list"  # a national list or table
    law_copy = "law_copy"  # statute text on a private site
    digest = "digest"  # a summary or survey of law
    press = "press"
    organization = "organization"
    other = "other"


class Source(Fact, frozen=True, kw_only=True):
    """Where a value was read. `date` is the date of its content (YYYY, YYYY-MM or YYYY-MM-DD), absent if it shows none.

    Sources of one `family` copy each other or come from one hand: together they count once.
    """

    publisher: str
    kind: SourceKind
    url: WebAddress | None = None
    date: ContentDate | None = None
    date_note: str | None = None  # "undated, after 2020 by content"
    family: Code | None = None
    note: str | None = None


class JurisdictionFile(Fact, frozen=True, kw_only=True):
    """One file of `us/`."""

    jurisdiction: JurisdictionCode
    name: str
    agency: str
    routing: Routing
    law: Law
    contacts: tuple[Contact, ...] = ()
    known_bad: tuple[KnownBad, ...] = ()
    safe_haven_notes: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()  # English: what is not known yet, for the worklist
    notes: tuple[str, ...] = ()
    sources: dict[Code, Source] = {}


class NationalFile(Fact, frozen=True, kw_only=True):
    """national.yaml: lines for every jurisdiction, federal law, and the lists that several files cite."""

    law: Law
    contacts: tuple[Contact, ...]
    sources: dict[Code, Source]
    known_bad: tuple[KnownBad, ...] = ()
    notes: tuple[str, ...] = ()


class ContactChange(Fact, frozen=True, kw_only=True):
    """What a site's overlay may change about a contact; absent fields stay as shipped."""

    value: str | None = None
    printed: str | None = None
    keyword: str | None = None
    hours: Hours | None = None
    withhold: WithholdReason | None = None
    show: bool = False  # True: show a number that is withheld as shipped
    confirmed: Confirmation | None = None
    limits: tuple[Limit, ...] | None = None
    languages: tuple[str, ...] | None = None
    callers: Callers | None = None
    notes: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None


class Addition(Fact, frozen=True, kw_only=True):
    jurisdiction: JurisdictionCode
    contact: Contact


class OverlayFile(Fact, frozen=True, kw_only=True):
    """A site's own corrections, read with the shipped files: who made them, when, and what changes by contact id."""

    by: Annotated[str, Meta(min_length=2, max_length=120)]
    on: dt.date
    change: dict[Code, ContactChange] = {}
    add: tuple[Addition, ...] = ()
    sources: dict[Code, Source] = {}
