"""Names for invented children: common given names and surnames, paired by nothing but chance. No person is meant."""

from __future__ import annotations

from collections.abc import Mapping

_GIRLS = """
Abigail Alice Alyssa Amelia Ana Andrea Angela Anna Aria Aubrey Ava Beatriz Bella Brianna Brooke Camila
Carmen Caroline Catherine Charlotte Chloe Christina Claire Daniela Destiny Diana Elena Elizabeth Ella
Emily Emma Esther Eva Evelyn Faith Gabriela Grace Hailey Hannah Hazel Irene Isabel Jada Jasmine Jennifer
Jessica Josephine Julia Katherine Kayla Kiara Layla Leah Lily Lucia Lucy Lydia Madison Margaret Maria
Mariah Mia Michelle Molly Naomi Natalie Nora Olivia Paige Patricia Penelope Rachel Rebecca Riley Rosa Ruby
Samantha Sara Savannah Sofia Stella Teresa Valeria Victoria Zoe
"""
_BOYS = """
Aaron Adam Adrian Alan Alexander Andrew Angel Anthony Asher Austin Benjamin Blake Bryan Caleb Carlos
Carter Charles Christopher Connor Damian Daniel David Diego Dominic Edward Eli Elijah Ethan Evan Francisco
Gabriel Gavin George Grayson Henry Hunter Ian Isaac Isaiah Jack Jacob James Jason Javier Jayden Jeremiah
John Jonathan Jose Joseph Joshua Juan Julian Kevin Landon Leo Levi Liam Logan Lucas Luis Malik Marcus
Mateo Matthew Michael Miguel Nathan Nicholas Noah Oliver Omar Oscar Owen Patrick Peter Robert Ryan Samuel
Sebastian Thomas Timothy Tyler Victor William Xavier
"""
_SURNAMES = """
Adams Allen Alvarez Anderson Bailey Baker Barnes Bell Bennett Brooks Brown Bryant Butler Campbell Carter
Castillo Chavez Clark Coleman Collins Cook Cooper Cox Cruz Davis Diaz Edwards Evans Fisher Flores Foster
Garcia Gomez Gonzalez Graham Gray Green Griffin Gutierrez Hall Hamilton Harris Hayes Henderson Hernandez
Hill Howard Hughes Jackson James Jenkins Jimenez Johnson Jones Jordan Kelly Kim King Lee Lewis Long Lopez
Marshall Martin Martinez McDonald Mendoza Miller Mitchell Moore Morales Morgan Morris Murphy Myers Nelson
Nguyen Ortiz Owens Parker Patel Patterson Perez Perry Peterson Phillips Powell Price Ramirez Ramos Reed
Reyes Reynolds Richardson Rivera Roberts Robinson Rodriguez Rogers Ross Ruiz Russell Sanchez Sanders Scott
Simmons Smith Stewart Sullivan Taylor Thomas Thompson Torres Tucker Turner Vargas Vasquez Walker Wallace
Ward Washington Watson West White Williams Wilson Wood Woods Wright Young Nuñez Peña Muñoz O'Brien
Saint-James De-la-Cruz
"""
GIRLS = tuple(_GIRLS.split())
BOYS = tuple(_BOYS.split())
SURNAMES = tuple(_SURNAMES.split())
SHORT: Mapping[str, tuple[str, ...]] = {
    "Abigail": ("Abby", "Gail"),
    "Alexander": ("Alex", "Xander"),
    "Alyssa": ("Lyssa",),
    "Andrea": ("Andie",),
    "Andrew": ("Andy", "Drew"),
    "Anthony": ("Tony",),
    "Benjamin": ("Ben", "Benny"),
    "Catherine": ("Cathy", "Cate"),
    "Charles": ("Charlie", "Chuck"),
    "Charlotte": ("Lottie", "Charlie"),
    "Christina": ("Tina", "Chris"),
    "Christopher": ("Chris", "Topher"),
    "Daniel": ("Dan", "Danny"),
    "David": ("Dave",),
    "Edward": ("Ed", "Eddie"),
    "Elijah": ("Eli",),
    "Elizabeth": ("Liz", "Beth", "Lizzie"),
    "Emily": ("Em",),
    "Francisco": ("Paco", "Frank"),
    "Gabriel": ("Gabe",),
    "Gabriela": ("Gaby",),
    "Isabel": ("Izzy", "Bella"),
    "Isaiah": ("Zay",),
    "Jacob": ("Jake",),
    "James": ("Jim", "Jimmy", "Jamie"),
    "Jennifer": ("Jen", "Jenny"),
    "Jessica": ("Jess", "Jessie"),
    "John": ("Jack", "Johnny"),
    "Jonathan": ("Jon",),
    "Jose": ("Pepe", "Joe"),
    "Joseph": ("Joe", "Joey"),
    "Josephine": ("Josie", "Jo"),
    "Joshua": ("Josh",),
    "Katherine": ("Kate", "Kathy", "Katie"),
    "Margaret": ("Maggie", "Meg", "Peggy"),
    "Matthew": ("Matt",),
    "Michael": ("Mike", "Mikey"),
    "Michelle": ("Shelly",),
    "Natalie": ("Nat",),
    "Nathan": ("Nate",),
    "Nicholas": ("Nick",),
    "Patricia": ("Pat", "Trish"),
    "Patrick": ("Pat",),
    "Penelope": ("Penny",),
    "Rebecca": ("Becca", "Becky"),
    "Robert": ("Rob", "Bobby", "Bert"),
    "Samantha": ("Sam",),
    "Samuel": ("Sam",),
    "Savannah": ("Vanna",),
    "Sebastian": ("Seb",),
    "Teresa": ("Terry", "Tess"),
    "Thomas": ("Tom", "Tommy"),
    "Timothy": ("Tim",),
    "Valeria": ("Val",),
    "Victoria": ("Vicky", "Tori"),
    "William": ("Will", "Bill", "Billy"),
}
STREET_NAMES = ("Angel", "Baby", "Blue", "Dee", "Ghost", "Jay", "Kiki", "Lala", "Red", "Star", "Tiny", "Zee")
