"""Every sentence of the report, by code, in English and in Spanish; `{names}` are filled in."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["LANGUAGES", "WORDS", "decimal", "number", "percent", "say"]

LANGUAGES = ("en", "es")


def say(code: str, language: str, **values: object) -> str:
    """The sentence of a code; KeyError for an unknown code, so that no code is ever printed as text."""
    return WORDS[code][language].format(**values)


def number(count: int) -> str:
    """1,234: with commas in both languages, as Spanish is written in the United States."""
    return f"{count:,}"


def percent(share: float) -> str:
    """A share from 0 to 1 as whole percent; "under 1%" and "over 99%" where rounding would say none or all."""
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return ">99%"
    return f"{share:.0%}"


def decimal(value: float) -> str:
    """A rate with one place after the point."""
    return f"{value:,.1f}"


def _both(en: str, es: str) -> Mapping[str, str]:
    return {"en": en, "es": es}


WORDS: Mapping[str, Mapping[str, str]] = {
    # The frame
    "other_language": _both("Español", "English"),
    "skip": _both("Skip to the report", "Ir al informe"),
    "dates": _both("Reports from {begins} to {ends}", "Reportes del {begins} al {ends}"),
    "contents": _both("In this report", "En este informe"),
    "short": _both("In short", "En pocas palabras"),
    "made_on": _both("Made on {day}.", "Hecho el {day}."),
    "made_with": _both(
        "Counted with Porchlight. This report holds no name and no row of any list.",
        "Contado con Porchlight. Este informe no tiene ningún nombre ni fila de ninguna lista.",
    ),
    # The summary
    "sum_reports": _both(
        "Agencies got {reports} reports that a child may have been trafficked.",
        "Las agencias recibieron {reports} reportes de que un menor tal vez fue víctima de trata.",
    ),
    "sum_determined": _both(
        "In {determined} of these reports, the agency found that a child was a victim.",
        "En {determined} de estos reportes, la agencia determinó que un menor era víctima.",
    ),
    "sum_served": _both(
        "Children or families got services in {served} cases.",
        "Hubo servicios para menores o familias en {served} casos.",
    ),
    "sum_children": _both(
        "The lists name {children} children. Each child is counted once.",
        "Las listas nombran a {children} menores. Cada menor se cuenta una sola vez.",
    ),
    "sum_range": _both(
        "We count {low} to {high} if we match the lists less or more strictly. The true number can be outside.",
        "Contamos de {low} a {high} si comparamos las listas de modo menos o más estricto. El número verdadero puede "
        "estar fuera.",
    ),
    "sum_victims": _both(
        "Agencies found that {victims} of them were victims.",
        "Las agencias determinaron que {victims} de ellos eran víctimas.",
    ),
    "sum_age": _both(
        "Of the {victims} victims, {part} ({share}) were {age} years old.",
        "De las {victims} víctimas, {part} ({share}) tenían {age} años.",
    ),
    "sum_family": _both(
        "Of the {victims} victims, {part} ({share}) were used by someone in the family.",
        "De las {victims} víctimas, {part} ({share}) fueron usadas por alguien de la familia.",
    ),
    "sum_more": _both(
        "More children were hurt than any list can show. Many are never reported.",
        "Hay más menores dañados de los que una lista puede mostrar. Muchos nunca se reportan.",
    ),
    "not_shown": _both("a number we do not show", "un número que no mostramos"),
    # Page one
    "first": _both("The first three counts", "Las tres primeras cuentas"),
    "first_ky": _both(
        "Kentucky law asks for these three counts each year (KRS 620.029(2)(b)).",
        "La ley de Kentucky pide estas tres cuentas cada año (KRS 620.029(2)(b)).",
    ),
    "first_ky_more": _both(
        "From 2025, part (c) of this law asks for more. The makers of this program could not read part (c). "
        "So this page may not answer it.",
        "Desde 2025, la parte (c) de esta ley pide más. Los autores de este programa no pudieron leer la parte "
        "(c). Por eso, esta página tal vez no la responde.",
    ),
    "first_any": _both(
        "These three counts come first. Each one counts a different thing.",
        "Estas tres cuentas van primero. Cada una cuenta algo distinto.",
    ),
    "first_lists": _both("They come from: {lists}.", "Vienen de: {lists}."),
    "first_reports": _both("Reports received", "Reportes recibidos"),
    "first_determined": _both(
        "Reports in which a child was found to be a victim",
        "Reportes en los que se determinó que un menor era víctima",
    ),
    "first_served": _both("Cases with services", "Casos con servicios"),
    "first_apart": _both(
        "Do not add these up. One report can name two children, and one child can be in two reports.",
        "No los sume. Un reporte puede nombrar a dos menores, y un menor puede estar en dos reportes.",
    ),
    "flow": _both("From report to services", "Del reporte a los servicios"),
    "flow_note": _both(
        "The last bar counts cases. The other bars count reports.",
        "La última barra cuenta casos. Las otras barras cuentan reportes.",
    ),
    "flow_sum": _both("How the counts fit together", "Cómo encajan las cuentas"),
    "flow_base": _both(
        "Counted: reports. Share of {base} reports.", "Se cuentan: reportes. Parte de {base} reportes."
    ),
    "flow_base_none": _both("Counted: reports.", "Se cuentan: reportes."),
    "step.all": _both("Reports received", "Reportes recibidos"),
    "step.investigated": _both("Investigated", "Investigados"),
    "step.determined": _both("A child was found to be a victim", "Se determinó que un menor era víctima"),
    "step.not_determined": _both(
        "No child was found to be a victim", "No se determinó que hubiera una víctima"
    ),
    "step.undecided": _both("No decision on record", "Sin decisión anotada"),
    "step.not_investigated": _both("Not investigated", "No investigados"),
    "step.investigation_not_recorded": _both("The list does not say", "La lista no lo dice"),
    # Sections
    "children": _both("How many children", "Cuántos menores"),
    "children_all": _both("All children named", "Todos los menores nombrados"),
    "children_note": _both(
        "More than one agency can name the same child. We match the lists, so each child counts once.",
        "Más de una agencia puede nombrar al mismo menor. Comparamos las listas y cada menor se cuenta una vez.",
    ),
    "range_note": _both(
        "The last column shows the count with a looser and with a stricter match.",
        "La última columna muestra la cuenta con una comparación menos estricta y con una más estricta.",
    ),
    "ages": _both("Age", "Edad"),
    "ages_note": _both("Age at the first report of the year.", "Edad en el primer reporte del año."),
    "years": _both("Each year of age", "Cada año de edad"),
    "sex": _both("Sex", "Sexo"),
    "sex_note": _both("As the agencies wrote it down.", "Como lo anotaron las agencias."),
    "race_ethnicity": _both("Race and ethnicity", "Raza y origen étnico"),
    "race_ethnicity_note": _both(
        "A child counts once. Hispanic children can be of any race.",
        "Cada menor se cuenta una vez. Los menores hispanos pueden ser de cualquier raza.",
    ),
    "exploitation": _both("Kind of trafficking", "Tipo de trata"),
    "exploitation_note": _both(
        "“Both” also means that one list says sex and another says labor.",
        "“Ambos” también quiere decir que una lista dice sexo y otra dice trabajo.",
    ),
    "relationship": _both("Who used the child", "Quién usó al menor"),
    "relationship_note": _both(
        "Cases in a family are harder to prove, so more of them may be missing here.",
        "Los casos en una familia son más difíciles de probar; aquí pueden faltar más.",
    ),
    "placement": _both("Where the child lived when reported", "Dónde vivía el menor cuando se reportó"),
    "regions": _both("Region", "Región"),
    "regions_note": _both(
        "Where the child lives, or where the report came from if no home is known.",
        "Donde vive el menor, o de donde vino el reporte si no se sabe.",
    ),
    "regions_reports": _both("Reports by region", "Reportes por región"),
    "agencies": _both("How many agencies named the child", "Cuántas agencias nombraron al menor"),
    "agencies_note": _both(
        "A child whom one agency knows may be unknown to the rest.",
        "Las demás agencias tal vez no conocen a un menor que una agencia conoce.",
    ),
    "reporters": _both("Who made the report", "Quién hizo el reporte"),
    "trend": _both("Year by year", "Año por año"),
    "trend_first": _both(
        "This is the first year counted this way. There is nothing to compare it with yet.",
        "Este es el primer año que se cuenta así. Todavía no hay con qué compararlo.",
    ),
    "trend_note": _both(
        "More reports can mean more harm. It can also mean that more people speak up.",
        "Más reportes pueden indicar más daño. También pueden indicar que más personas hablan.",
    ),
    "trend_reports": _both("Reports received", "Reportes recibidos"),
    "trend_determined": _both("Reports with a victim found", "Reportes con una víctima"),
    "trend_victims": _both("Children found to be victims", "Menores que se determinó que eran víctimas"),
    "year": _both("Year", "Año"),
    "more_tables": _both("More tables", "Más tablas"),
    # Tables
    "col_victims": _both("Victims found", "Víctimas"),
    "col_share": _both("Share", "Parte"),
    "col_all": _both("All named", "Nombrados"),
    "col_rate": _both("Per 100,000", "Por 100,000"),
    "col_range": _both("Other matches", "Otras comparaciones"),
    "col_reports": _both("Reports", "Reportes"),
    "col_count": _both("Count", "Cuenta"),
    "col_all_of": _both("All", "Todos"),
    "base_victims": _both(
        "Counted: children. Share of the {base} children found to be victims.",
        "Se cuentan: menores. Parte de los {base} menores que se determinó que eran víctimas.",
    ),
    "base_none": _both(
        "Counted: children. Shares are left out because their base is hidden.",
        "Se cuentan: menores. No hay partes porque su base está oculta.",
    ),
    "base_unit": _both("Counted: {unit}.", "Se cuentan: {unit}."),
    "unit.reports": _both("reports", "reportes"),
    "unit.investigations": _both("investigations", "investigaciones"),
    "unit.determinations": _both("reports with a victim found", "reportes con una víctima"),
    "unit.cases with services": _both("cases with services", "casos con servicios"),
    "unit.children": _both("children", "menores"),
    "total": _both("Total", "Total"),
    "few": _both("{hide} or fewer", "{hide} o menos"),
    "hidden": _both("hidden", "oculto"),
    "rate_few": _both("too few to rate", "muy pocos para una tasa"),
    "chart_of": _both("Chart: {title}", "Gráfica: {title}"),
    "numbers_of": _both("The numbers are in the table.", "Los números están en la tabla."),
    # How it was counted
    "hiding": _both("Why some numbers are hidden", "Por qué se ocultan algunos números"),
    "hiding_1": _both(
        "A small number can point to one child. So we hide each count from 1 to {hide}.",
        "Un número pequeño puede señalar a un menor. Por eso ocultamos cada cuenta de 1 a {hide}.",
    ),
    "hiding_zero": _both("We hide zeros, too.", "También ocultamos los ceros."),
    "hiding_2": _both(
        "We also hide some larger counts, so that no one can work out a small one. Hidden does not mean zero.",
        "También ocultamos algunas cuentas mayores, para que nadie pueda deducir una pequeña. Oculto no quiere "
        "decir cero.",
    ),
    "hiding_3": _both(
        "We tested this: {attacks} tries to work out a hidden count from this report all failed.",
        "Lo probamos: {attacks} intentos de deducir una cuenta oculta con este informe fallaron todos.",
    ),
    "hiding_none": _both(
        "In this report no count is hidden.", "En este informe no hay ninguna cuenta oculta."
    ),
    "methods": _both("How we counted", "Cómo contamos"),
    "lists": _both("The lists", "Las listas"),
    "lists_note": _both(
        "These agencies gave a list. The table says how often each list tells us these things.",
        "Estas agencias dieron una lista. La tabla dice con qué frecuencia cada lista nos dice estas cosas.",
    ),
    "list": _both("List", "Lista"),
    "coverage.nearly always": _both("nearly always", "casi siempre"),
    "coverage.mostly": _both("mostly", "las más veces"),
    "coverage.sometimes": _both("sometimes", "a veces"),
    "coverage.seldom": _both("seldom", "pocas veces"),
    "coverage.asked": _both("asked", "se pide"),
    "coverage.not collected": _both("not asked", "no se pide"),
    "covers.birth_date": _both("Birth date", "Fecha de nacimiento"),
    "covers.sex": _both("Sex", "Sexo"),
    "covers.county_fips": _both("County", "Condado"),
    "covers.determination": _both("Decision", "Decisión"),
    "covers.relationship": _both("Who used the child", "Quién usó al menor"),
    "method_scope": _both(
        "We count reports made from {begins} to {ends} about children under {under}. If no age is known, we count "
        "the child.",
        "Contamos los reportes hechos del {begins} al {ends} sobre menores de {under} años. Si no se sabe la edad, "
        "contamos al menor.",
    ),
    "method_reports": _both(
        "A report is one report number in one agency's list. If two agencies write down the same event, that is two "
        "reports.",
        "Un reporte es un número de reporte en la lista de una agencia. Si dos agencias anotan el mismo hecho, son "
        "dos reportes.",
    ),
    "method_determined": _both(
        "A report has a victim when the agency found it so for one child or more. Such a report counts as "
        "investigated.",
        "Un reporte tiene una víctima cuando la agencia lo determinó para uno o más menores. Ese reporte cuenta como "
        "investigado.",
    ),
    "method_served": _both(
        "A case with services is one case number. If there is none, the report is the case.",
        "Un caso con servicios es un número de caso. Si no lo hay, el reporte es el caso.",
    ),
    "method_victim": _both(
        "A child is a victim here when one agency that decides found it so. No such finding does not mean that "
        "nothing happened.",
        "Aquí un menor es víctima cuando así lo determinó una agencia que decide. Si no hay esa decisión, no quiere "
        "decir que no pasó nada.",
    ),
    "method_links": _both(
        "We matched rows by name, birth date, place and day of report, with the program Splink. The match counts when "
        "its chance is at least {middle}. We also tried {others}.",
        "Comparamos las filas por nombre, fecha de nacimiento, lugar y día del reporte, con el programa Splink. La "
        "comparación cuenta si su probabilidad es de al menos {middle}. También probamos {others}.",
    ),
    "method_differ": _both(
        "When rows about one child differ, we take what most rows say. If they tie, the first row counts.",
        "Si las filas de un menor no dicen lo mismo, tomamos lo que dice la mayoría. Si empatan, cuenta la primera.",
    ),
    "method_unknown": _both(
        "“Not known” means that no list says it. It does not mean “no”.",
        "“No se sabe” quiere decir que ninguna lista lo dice. No quiere decir “no”.",
    ),
    "method_rates": _both(
        "Rates use the number of children who live there: {source}. Under 20 victims we give no rate.",
        "Las tasas usan el número de menores que viven allí: {source}. Con menos de 20 víctimas no damos una tasa.",
    ),
    "source_file": _both(
        "the population file used for this report", "el archivo de población de este informe"
    ),
    "caveats": _both("What this report cannot say", "Lo que este informe no puede decir"),
    "caveat_hidden": _both(
        "It counts children whom someone reported. It does not say how many there are in all.",
        "Cuenta a los menores que alguien reportó. No dice cuántos hay en total.",
    ),
    "caveat_links": _both(
        "Some matches are wrong. A missed match counts a child twice. A false match counts two children as one.",
        "Algunas comparaciones fallan. Si no vemos que es el mismo menor, lo contamos dos veces. Si unimos a dos "
        "menores, los contamos como uno.",
    ),
    "caveat_years": _both(
        "A change from year to year may come from new rules, new lists or more reports.",
        "Un cambio de un año a otro puede venir de reglas nuevas, listas nuevas o más reportes.",
    ),
    "caveat_groups": _both(
        "The counts of a group show who was found. They do not show who is at fault or who will be hurt.",
        "Las cuentas de un grupo muestran a quién se encontró. No muestran quién tiene la culpa ni a quién dañarán.",
    ),
    "estimate": _both("How many were never reported?", "¿Cuántos nunca se reportaron?"),
    "estimate_none": _both("This report makes no such guess.", "Este informe no hace ese cálculo."),
    "estimate_what": _both(
        "No list has every child. These numbers are guesses from how the lists overlap. They are not counts.",
        "Ninguna lista tiene a todos los menores. Estos números son cálculos. Salen de cómo coinciden las listas. No "
        "son cuentas.",
    ),
    "estimate_told": _both(
        "Our method for this many lists says: about {number} children in all, seen or not. The range is {low} to "
        "{high}.",
        "Nuestro método para este número de listas dice: cerca de {number} menores en total, vistos o no. El rango es "
        "de {low} a {high}.",
    ),
    "estimate_not_told": _both(
        "Our method for this many lists gives no number: {why}.",
        "Nuestro método para este número de listas no da un número: {why}.",
    ),
    "estimate_range_is": _both(
        "A range of 95% does not hold the true number 95 times in 100. It is less (see 7).",
        "Un rango del 95% no contiene el número verdadero 95 de cada 100 veces. Son menos (vea el 7).",
    ),
    "estimate_every": _both("The answer of every method", "La respuesta de cada método"),
    "estimate_links": _both(
        "The same with a looser and a stricter match", "Lo mismo con una comparación menos o más estricta"
    ),
    "estimate_rounded": _both(
        "Rounded until no small count can be worked out",
        "Redondeado para que no se pueda deducir una cuenta pequeña",
    ),
    "estimate_method": _both("Method", "Método"),
    "estimate_match": _both("Match", "Comparación"),
    "estimate_about": _both("About", "Cerca de"),
    "estimate_range": _both("Range (95%)", "Rango (95%)"),
    "estimate_test": _both("A test of each method", "Una prueba de cada método"),
    "estimate_test_how": _both(
        "We hid each list and asked the other lists how many children it held. We know the answer.",
        "Ocultamos cada lista y preguntamos a las otras cuántos menores tenía. Sabemos la respuesta.",
    ),
    "estimate_test_held": _both("Range held the true number", "El rango contenía el número verdadero"),
    "estimate_test_of": _both("{held} of {lists} lists", "{held} de {lists} listas"),
    "estimate_test_none": _both("Could not be tried", "No se pudo probar"),
    "estimate_test_not_told": _both("It would show a small count", "Mostraría una cuenta pequeña"),
    "estimate_caveats": _both(
        "Seven things to know before you use such a number", "Siete cosas antes de usar un número así"
    ),
    "estimate_caveat_1": _both(
        "Every method assumes that the lists do not all hang together in one way. Nobody can test that.",
        "Todos los métodos suponen que las listas no dependen todas juntas unas de otras. Nadie puede comprobarlo.",
    ),
    "estimate_caveat_2": _both(
        "When agencies send children to each other, the number comes out too low. When they serve different children, "
        "it comes out too high.",
        "Cuando las agencias se mandan menores, el número sale muy bajo. Cuando atienden a menores distintos, sale muy "
        "alto.",
    ),
    "estimate_caveat_3": _both(
        "Children whom no list could ever reach are in no number here.",
        "Los menores a quienes ninguna lista podía llegar no están en ningún número.",
    ),
    "estimate_caveat_4": _both(
        "All lists must mean the same place, the same time and the same thing, and nobody may come or go.",
        "Todas las listas deben hablar del mismo lugar, del mismo tiempo y de lo mismo, sin que nadie entre ni salga.",
    ),
    "estimate_caveat_5": _both(
        "A missed match makes the number too high. A false match makes it too low.",
        "Una coincidencia no vista sube el número. Una falsa lo baja.",
    ),
    "estimate_caveat_6": _both(
        "Look at the answer of every method, not at one of them.",
        "Mire la respuesta de cada método, no de uno solo.",
    ),
    "estimate_caveat_7": _both(
        "A 95% range is not 95%. In a study that hid lists whose size was known, ranges held the truth 60 to 90 times "
        "in 100. Every method guessed too low. The study: Binette and Steorts, 2022, arXiv:2112.01594.",
        "Un rango del 95% no es del 95%. En un estudio que ocultó listas de tamaño conocido, los rangos contenían la "
        "verdad de 60 a 90 de cada 100 veces. Todos los métodos calculaban de menos. El estudio: Binette y Steorts, "
        "2022, arXiv:2112.01594.",
    ),
    "method.bic": _both("Best of all models", "El mejor de todos los modelos"),
    "method.stepwise": _both("Step by step", "Paso a paso"),
    "method.dga": _both("Average over graphs", "Promedio de grafos"),
    "method.threshold": _both("Bayesian threshold", "Umbral bayesiano"),
    "method.independence": _both("As if lists were by chance", "Como si las listas fueran al azar"),
    "refused.few_lists": _both("fewer than three lists", "menos de tres listas"),
    "refused.few_overlaps": _both("too few children in two lists", "muy pocos menores en dos listas"),
    "refused.wide": _both("the range is too wide", "el rango es muy ancho"),
    "refused.no_interval": _both("the range has no end", "el rango no tiene fin"),
    "refused.no_estimate": _both("this method has no answer here", "este método no tiene respuesta aquí"),
    "refused.tells_a_count": _both("it would show a small count", "mostraría una cuenta pequeña"),
    "files": _both("Get the numbers", "Los números"),
    "files_note": _both(
        "Each table is a CSV file beside this page. The file “dictionary.csv” tells what each word means.",
        "Cada tabla es un archivo CSV junto a esta página. El archivo “dictionary.csv” dice qué significa cada "
        "palabra.",
    ),
    # Categories
    "age.years": _both("{low} to {high} years", "De {low} a {high} años"),
    "age.span": _both("{low} to {high}", "de {low} a {high}"),
    "age.one": _both("{low} years", "{low} años"),
    "age.first": _both("Under 1 year", "Menos de 1 año"),
    "age.single": _both("1 year", "1 año"),
    "unknown": _both("Not known", "No se sabe"),
    "region.outside": _both("Outside these regions", "Fuera de estas regiones"),
    "decision.victim": _both("Found to be a victim", "Se determinó que era víctima"),
    "decision.other": _both("Not found to be a victim", "No se determinó que fuera víctima"),
    "decision.possible": _both("Possible victim", "Posible víctima"),
    "decision.not_victim": _both("Decided: not a victim", "Decisión: no era víctima"),
    "decision.undecided": _both("No decision on record", "Sin decisión anotada"),
    "sex.female": _both("Female", "Femenino"),
    "sex.male": _both("Male", "Masculino"),
    "sex.other": _both("Other", "Otro"),
    "race_ethnicity.american_indian": _both(
        "American Indian or Alaska Native", "Indígena americano o nativo de Alaska"
    ),
    "race_ethnicity.asian": _both("Asian", "Asiático"),
    "race_ethnicity.black": _both("Black", "Negro"),
    "race_ethnicity.hispanic": _both("Hispanic", "Hispano"),
    "race_ethnicity.middle_eastern": _both(
        "Middle Eastern or North African", "Del Medio Oriente o norte de África"
    ),
    "race_ethnicity.pacific_islander": _both("Pacific Islander", "Isleño del Pacífico"),
    "race_ethnicity.white": _both("White", "Blanco"),
    "race_ethnicity.multiple": _both("More than one", "Más de una"),
    "race_ethnicity.other": _both("Other", "Otra"),
    "exploitation.sex": _both("Sex", "Sexo"),
    "exploitation.labor": _both("Labor", "Trabajo"),
    "exploitation.both": _both("Both", "Ambos"),
    "relationship.familial": _both("Someone in the family", "Alguien de la familia"),
    "relationship.acquainted": _both("Someone the child knew", "Alguien que el menor conocía"),
    "relationship.unacquainted": _both("Someone the child did not know", "Alguien que el menor no conocía"),
    "relationship.several": _both("More than one of these", "Más de uno de estos"),
    "placement.home": _both("At home", "En su casa"),
    "placement.relative": _both("With a relative", "Con un pariente"),
    "placement.foster_home": _both("In a foster home", "En un hogar de crianza"),
    "placement.group_care": _both("In group care", "En un hogar de grupo"),
    "placement.runaway": _both("Had run away", "Se había ido"),
    "placement.other": _both("Somewhere else", "En otro lugar"),
    "agencies.1": _both("One agency", "Una agencia"),
    "agencies.2": _both("Two agencies", "Dos agencias"),
    "agencies.3+": _both("Three or more", "Tres o más"),
    "reporter_type.law_enforcement": _both("Police", "Policía"),
    "reporter_type.social_services": _both("Social services", "Servicios sociales"),
    "reporter_type.health": _both("Health care", "Servicios de salud"),
    "reporter_type.mental_health": _both("Mental health care", "Salud mental"),
    "reporter_type.school": _both("School", "Escuela"),
    "reporter_type.child_care": _both("Child care", "Guardería"),
    "reporter_type.legal": _both("Courts and lawyers", "Tribunales y abogados"),
    "reporter_type.family": _both("Family", "Familia"),
    "reporter_type.friend_or_neighbor": _both("Friend or neighbor", "Amigo o vecino"),
    "reporter_type.child": _both("The child", "El menor"),
    "reporter_type.anonymous": _both("Gave no name", "No dio su nombre"),
    "reporter_type.other": _both("Other", "Otro"),
    # Names of dimensions, for the dictionary and the analyst's own tables
    "dimension.age": _both("Age", "Edad"),
    "dimension.agencies": _both("Agencies that named the child", "Agencias que nombraron al menor"),
    "dimension.county": _both("County", "Condado"),
    "dimension.decision": _both("Decision about the child", "Decisión sobre el menor"),
    "dimension.exploitation": _both("Kind of trafficking", "Tipo de trata"),
    "dimension.placement": _both("Where the child lived", "Dónde vivía el menor"),
    "dimension.race_ethnicity": _both("Race and ethnicity", "Raza y origen étnico"),
    "dimension.region": _both("Region", "Región"),
    "dimension.relationship": _both("Who used the child", "Quién usó al menor"),
    "dimension.reporter_type": _both("Who made the report", "Quién hizo el reporte"),
    "dimension.sex": _both("Sex", "Sexo"),
    "dimension.step": _both("What was done", "Qué se hizo"),
    # The data dictionary
    "dict.table": _both("The name of the table", "El nombre de la tabla"),
    "dict.period": _both("The time that is counted", "El tiempo que se cuenta"),
    "dict.unit": _both("What is counted", "Lo que se cuenta"),
    "dict.all": _both("All of them together", "Todos juntos"),
    "dict.count": _both(
        "How many. Empty means hidden, never zero.", "Cuántos. Vacío quiere decir oculto, nunca cero."
    ),
    "dict.status": _both("Is the count shown or hidden?", "¿La cuenta se muestra o se oculta?"),
    "dict.shown": _both("The count is shown", "La cuenta se muestra"),
    "dict.hidden": _both("The count is hidden", "La cuenta se oculta"),
    "dict.low": _both(
        "The least, with a looser or stricter match", "Lo menos, con una comparación menos o más estricta"
    ),
    "dict.high": _both(
        "The most, with a looser or stricter match", "Lo más, con una comparación menos o más estricta"
    ),
}
