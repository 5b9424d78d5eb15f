"""What free words let us guess: distress, a wish to stop, the language. Never enough to act on but to be careful."""

from __future__ import annotations

import re

from porchlight.alerts.plain import each


def is_distress(text: str) -> bool:
    """Does `text` hold a sign after which no text is "only a command", not even STOP?"""
    return not _DISTRESS.isdisjoint(text)


def may_mean_stop(text: str, words: str) -> bool:
    """May these words be a wish to get no more texts? words: `text` as `plain` writes it."""
    if _REACTION.match(text.strip()):
        return False
    return bool(_LIKE_STOP.search(words)) or not _STOP_SIGNS.isdisjoint(text)


def language_of(words: str) -> str | None:
    """The language of free words, by the small words they hold; None where neither has more of them."""
    said = words.split()
    spanish, english = (sum(word in of for word in said) for of in (_SPANISH, _ENGLISH))
    if spanish == english:
        return None
    return "es" if spanish > english else "en"


_DISTRESS = frozenset("😢😭😥😰😨😱🆘😞😔💔🤕😖😣😩😫🥺😟😧😦☹🙁😿🔪🔫🩸🚑🚨😓😪🤢🤮😵🥶☠💀")
_STOP_SIGNS = frozenset("🛑✋🚫⛔🔕")


# 64.1200(a)(10): whatever a reasonable person would understand as a wish to stop counts. This must rather hear it too
# often: it only pauses alerts until someone has read the words, and the safe reply says how to stop for good.
_LIKE_STOP = re.compile(
    "|".join(
        (
            r"\bs+t+[o0]+p|\b(?:sto|stp|stip|stpp|atop|dtop|stol|stoo|stpo|sotp|tsop)\b",
            r"\b(?:quit|unsub|unsusc|cancel|cancle|cansel|revok|revoc|remove)",
            r"\bend(?:s|ed|ing)?\b|\bopt(?:ing|out)?\b|\bspam|\bharass|\bdelete (?:me|my)\b|\benough\b",
            r"\btake me off|\bleave me alone|\bgo away|\bget lost|\bshut up|\bstfu\b|\bfu?c?k (?:off|you)|\bpiss off",
            r"\b(?:no|not|dont|never) (?:\w+ ){0,2}(?:more|texts?|txt|messages?|msgs?|contact|send|sms|call)\b",
            r"\bno longer|\bno thank|\bwrong (?:number|person)|\bblock(?:ing|ed)? (?:you|this)|\bwho (?:is|dis|this)",
            r"^no+$|^nope$|^nah$|\bno (?:mas|quiero|envie|mande|escrib|molest)",
            r"\bno me (?:mand|envi|escrib|text|llam|molest)|\bya no|\bbasta|\balto\b|\bbaja\b|\bfin\b",
            r"^par[ae]$|\bya par[ae]n?\b|\bpara (?:de|ya)\b|\bpar(?:e|en|ar)\b|\bequivocad",
            r"\bdej(?:a|e|en|ar)\b|\bquit(?:a|e|en|ar|eme|enme)\b|\bborr(?:a|e|en|ar)|\bsal(?:ir|irme)\b|\bterminar?\b",
        )
    )
)
# A telephone tells of a thumbs-up by quoting us: 'Liked "... STOP to end."'. Nobody said what it quotes.
_REACTION = re.compile(
    r"^(?:liked|loved|disliked|laughed at|emphasized|questioned|reacted .{1,12} to|removed .{1,20} from|"
    r"(?:le |me )?(?:gust[oó]|encant[oó]|disgust[oó])|.{1,12} (?:to|a))\s*[“\"«].*[”\"»]\s*$",
    re.IGNORECASE | re.DOTALL,
)

_SPANISH = each(
    "el la los las un una de del que y en por para con mi mis me te se su no si es esta estoy soy eres hay ya mas muy "
    "quiero puedo necesito tengo ayuda ayudenme ayudame alguien nadie papa mama padre madre nino nina hijo hija pega "
    "pego miedo casa hola gracias favor auxilio socorro basta mensajes numero donde cuando como porque quien"
)
_ENGLISH = each(
    "the a an of to in and i im my me you he she they it is are was not no dont please help want need have someone "
    "nobody dad mom father mother kid child hurt hurts hit hits afraid scared home hello hi thanks stop texts number "
    "where when how because who what this that with for make him her them"
)
