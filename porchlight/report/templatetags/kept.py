"""Parts of a page that are rendered once for the values they show: `{% kept "report/card.html" card=card %}`.

A page is in one language from its first word to its last: no template changes it in between.
"""

from __future__ import annotations

from collections.abc import Hashable

from django import template
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.context import Context
from django.urls import get_script_prefix
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from porchlight.report.fragments import FRAGMENTS

register = template.Library()


@register.tag
def kept(parser: Parser, token: Token) -> _Kept:
    """The template named, with the values given and nothing else of the page or the request, kept by those values.

    Every value must be hashable, and never a visitor's own words.
    """
    return _Kept(*_named(parser, token))


@register.tag
def kept_each(parser: Parser, token: Token) -> _KeptEach:
    """The template named once for each of a list, which it knows by the name given; each is kept by itself."""
    name, values = _named(parser, token)
    if len(values) != 1:
        raise template.TemplateSyntaxError('{% kept_each "folder/name.html" each=list %}')
    return _KeptEach(name, values)


def _named(parser: Parser, token: Token) -> tuple[str, dict[str, FilterExpression]]:
    """The template and the values of a tag."""
    tag, *given = token.split_contents()
    name = given.pop(0) if given else ""
    values = token_kwargs(given, parser)
    if given or name[:1] != '"' or name[-1:] != '"':
        raise template.TemplateSyntaxError(f'{{% {tag} "folder/name.html" value=... %}}')
    return name[1:-1], values


class _Kept(template.Node):
    def __init__(self, name: str, values: dict[str, FilterExpression]) -> None:
        self._name = name
        self._names = tuple(values)
        self._values = tuple(values.values())
        self._template: template.base.Template | None = None

    def render(self, context: Context) -> SafeString:
        return self._rendered(context, tuple(value.resolve(context) for value in self._values))

    def _rendered(self, context: Context, values: tuple[Hashable, ...]) -> SafeString:
        if self._template is None:
            self._template = template.Engine.get_default().get_template(self._name)
        piece, names = self._template, self._names
        # Equal is not always alike: True and 1, a text and one that is escaped already.
        shows = (piece, _everywhere(context), names, values, tuple(map(type, values)))
        return FRAGMENTS.rendered(shows, lambda: piece.render(Context(dict(zip(names, values, strict=True)))))


class _KeptEach(_Kept):
    def render(self, context: Context) -> SafeString:
        listed = self._values[0].resolve(context)
        return mark_safe("".join(self._rendered(context, (each,)) for each in listed))  # noqa: S308 (each is)


def _everywhere(context: Context) -> tuple[str | None, str]:
    """What every piece shows without being told: its words are in a language, its links begin somewhere."""
    known: tuple[str | None, str] | None = context.render_context.get(_KNOWN)
    if known is None:
        known = context.render_context[_KNOWN] = (translation.get_language(), get_script_prefix())
    return known


_KNOWN = "kept: language and first part of every address"
