"""The sentences of our replies, once, in English; translations stand in the project's catalogue.

Neutral, every one: a reply may be read by the one whom it is about. No sentence asks something that "yes" would answer,
but for the one that offers to join: a "yes" to anything else would be taken for that. Sixth grade or below.
"""

from __future__ import annotations

N_ = str  # marks a sentence for the catalogue; it is translated where it is said


WORDS: dict[str, str] = {
    # --- lines: in every reply to someone who may need help ---
    "nobody": N_("Nobody reads this at once."),
    "danger": N_("In danger, call 911 or text 911. A text to 911 does not work everywhere."),
    "call_place": N_("Call {number} ({place})."),
    "call_place_always": N_("Call {number} ({place}), day and night."),
    "call": N_("Call {number}, day and night."),
    "or_call": N_("If they do not answer: {number}."),
    "text": N_("Or text {number}, day and night."),
    "text_word": N_("Or text {keyword} to {number}, day and night."),
    "send_zip": N_("Send a ZIP code for local numbers."),
    "delete": N_("To hide this, press on this thread and choose Delete."),
    # --- leaving ---
    "stopped": N_("You will get no more texts from {name}."),
    "program_stopped": N_("You will get no more texts on {program} from {name}."),
    "to_stop": N_("Send STOP to end."),
    "to_stop_all": N_("Send STOP to end all texts."),
    "on_hold": N_("Your texts from us are on hold. Send STOP to end them for good."),
    # --- joining ---
    "join": N_("{name}: texts on {program}, {frequency}. Reply YES to get them if you are 13 or older."),
    "welcome": N_("{name}: you now get texts on {program}, {frequency}."),
    "restarted": N_("{name}: you get texts on {programs} again, {frequency}."),
    "rates": N_("Msg & data rates may apply."),
    "help_and_stop": N_("Send HELP for help, STOP to end."),
    "already": N_("You get texts on {program} from {name} already."),
    "zip_wanted": N_("You may send your ZIP code to get texts for your area."),
    "zip_kept": N_("You will get texts for {place}."),
    "not_joined": N_("You get no texts from {name}."),
    "to_join": N_("Send JOIN to ask for them."),
    "declined": N_("We keep nothing, and you will get no texts from {name}."),
    "code": N_("{code} is your code for {name}. It works for {minutes} minutes."),
    "code_not_asked": N_("If you did not ask for it, you can delete this text."),
    "code_wrong": N_("That code is not right, or too old. You can ask for a new one."),
    # --- asking ---
    "help": N_("This is {name}: {contact}."),
    "status": N_("You get texts on {programs} from {name}."),
    "more": N_("{count} more"),
    "status_place": N_("They are for {place}."),
    "which_place": N_("More than one place has that name. Send a ZIP code, or the name and its state."),
    "zip_unknown": N_("We do not know that ZIP code. Send another one near you, or the name of a state."),
}
