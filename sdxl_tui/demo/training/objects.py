"""Which emoji are drawn, and what they are called: a choice from emojibase's list, by its English names.

Left out: flags, letters, digits and signs; weapons, tobacco, alcohol, gestures, religion, medicine, death; people who
differ only by gender or skin; whatever another one shows as well.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Object:
    """One thing that can stand in a scene."""

    code: str
    """Code points in lower-case hex, joined by ``-``, without variation selectors: the key of its pictures."""
    name: str
    """Its noun without an article, such as ``apple``."""
    colour: str
    """The colour word that its label begins with; empty when there is none."""
    tags: tuple[str, ...]
    """Other words for it, from emojibase."""
    kind: str
    """The sort of thing it is, such as ``fruit``; empty when that is no everyday word."""


KINDS = {
    "animal-mammal": "animal",
    "animal-bird": "bird",
    "animal-amphibian": "animal",
    "animal-reptile": "animal",
    "animal-marine": "sea animal",
    "animal-bug": "insect",
    "plant-flower": "flower",
    "plant-other": "plant",
    "food-fruit": "fruit",
    "food-vegetable": "vegetable",
    "food-prepared": "food",
    "food-asian": "food",
    "food-sweet": "dessert",
    "drink": "drink",
    "dishware": "",
    "place-geographic": "landscape",
    "place-building": "building",
    "place-other": "place",
    "place-map": "",
    "transport-ground": "vehicle",
    "transport-water": "boat",
    "transport-air": "aircraft",
    "hotel": "",
    "time": "clock",
    "sky-weather": "weather",
    "event": "celebration",
    "award-medal": "award",
    "sport": "sport",
    "game": "toy",
    "arts-crafts": "craft",
    "clothing": "clothes",
    "sound": "",
    "music": "",
    "musical-instrument": "musical instrument",
    "phone": "",
    "computer": "",
    "light-video": "",
    "book-paper": "",
    "money": "",
    "mail": "",
    "writing": "",
    "office": "",
    "lock": "",
    "tool": "tool",
    "science": "",
    "household": "",
}
"""The subgroups whose members are drawn unless they are left out below, and the everyday word for each."""

LEFT_OUT = frozenset(
    label.strip()
    for label in """
dog; guide dog; service dog; cat; black cat; monkey; tiger; horse; cow; ox; water buffalo; pig; pig nose; boar; mouse;
rat; rabbit; dragon; two-hump camel; ewe; baby chick; hatching chick; wing; black bird; dodo; cockroach; fly; worm;
microbe; mosquito; spider web; rosette; wilted flower; empty nest; whale; leaf fluttering in wind; stuffed flatbread;
tamale; falafel; flatbread; bagel; meat on bone; cut of meat; fondue; shallow pan of food; bowl with spoon; butter;
salt; canned food; oden; moon cake; fish cake with swirl; rice cracker; roasted sweet potato; takeout box; curry rice;
shaved ice; baby bottle; teacup without handle; sake; bottle with popping cork; wine glass; cocktail glass; tropical
drink; beer mug; clinking beer mugs; clinking glasses; tumbler glass; pouring liquid; mate; beverage box; chopsticks;
fork and knife with plate; kitchen knife; fork and knife; globe showing Americas; globe showing Asia-Australia; globe
with meridians; world map; map of Japan; mount fuji; building construction; houses; house with garden; Japanese post
office; post office; hospital; bank; hotel; love hotel; convenience store; school; department store; wedding; Statue
of Liberty; derelict house; hot springs; foggy; cityscape at dusk; sunrise; barber pole; Japanese castle; wood; desert
island; national park; beach with umbrella; camping; desert; railway car; bullet train; train; metro; light rail;
station; tram; mountain railway; oncoming bus; trolleybus; minibus; oncoming police car; oncoming taxi; oncoming
automobile; sport utility vehicle; manual wheelchair; motorized wheelchair; bus stop; railway track; oil drum;
vertical traffic light; stop sign; construction; motorway; passenger ship; motor boat; airplane departure; airplane
arrival; small airplane; suspension railway; aerial tramway; seat; monorail; articulated lorry; bellhop bell;
hourglass not done; timer clock; twelve o’clock; twelve-thirty; one o’clock; one-thirty; two o’clock; two-thirty;
three o’clock; three-thirty; four o’clock; four-thirty; five o’clock; five-thirty; six o’clock; six-thirty; seven
o’clock; seven-thirty; eight o’clock; eight-thirty; nine o’clock; nine-thirty; ten o’clock; ten-thirty; eleven
o’clock; eleven-thirty; new moon; waxing crescent moon; first quarter moon; waxing gibbous moon; waning gibbous moon;
last quarter moon; waning crescent moon; new moon face; first quarter moon face; last quarter moon face; thermometer;
glowing star; milky way; sun behind small cloud; sun behind large cloud; sun behind rain cloud; cloud with lightning;
closed umbrella; umbrella on ground; umbrella with rain drops; fog; wind face; snowman; cyclone; sparkler;
firecracker; tanabata tree; pine decoration; Japanese dolls; carp streamer; wind chime; moon viewing ceremony; red
envelope; reminder ribbon; admission tickets; ticket; military medal; 1st place medal; 2nd place medal; 3rd place
medal; sports medal; goal net; cricket game; field hockey; lacrosse; tennis; softball; rugby football; martial arts
uniform; running shirt; water pistol; slot machine; spade suit; heart suit; diamond suit; club suit; joker; mahjong
red dragon; flower playing cards; nesting dolls; piñata; performing arts; sewing needle; knot; safety vest; lab coat;
sari; one-piece swimsuit; briefs; bikini; woman’s clothes; folding hand fan; clutch bag; shopping bags; thong sandal;
flat shoe; woman’s sandal; military helmet; prayer beads; hair pick; speaker low volume; kimono; speaker medium
volume; muted speaker; bell with slash; loudspeaker; musical score; level slider; musical notes; control knobs; mobile
phone with arrow; pager; fax machine; low battery; trackball; computer disk; dvd; optical disk; movie camera; film
frames; camera with flash; videocassette; magnifying glass tilted right; diya lamp; closed book; orange book; green
book; notebook with decorative cover; notebook; ledger; page with curl; page facing up; rolled-up newspaper; bookmark
tabs; label; bookmark; yen banknote; dollar banknote; euro banknote; pound banknote; money with wings; receipt; chart
increasing with yen; credit card; e-mail; incoming envelope; envelope with arrow; outbox tray; inbox tray; closed
mailbox with lowered flag; open mailbox with raised flag; open mailbox with lowered flag; ballot box with ballot;
black nib; pen; memo; open file folder; card index dividers; tear-off calendar; spiral notepad; spiral calendar; card
index; chart decreasing; round pushpin; linked paperclips; card file box; clipboard; bar chart; chart increasing;
calendar; locked with pen; locked with key; unlocked; old key; axe; pick; hammer and pick; hammer and wrench; dagger;
crossed swords; bomb; bow and arrow; white cane; link; broken chain; chains; hook; clamp; alembic; petri dish; dna;
test tube; razor; toilet; plunger; mouse trap; safety pin; roll of paper; elevator; shower; lotion bottle; sponge;
fire extinguisher; straight ruler; Japanese symbol for beginner; mending heart; coin; money bag; sled; mirror;
dumpling; bento box; ice; cooked rice; night with stars; sunset; cityscape; shooting star; sunrise over mountains;
bridge at night
""".replace("\n", " ").split(";")
)

ADDED = frozenset(
    label.strip()
    for label in """
grinning face with smiling eyes; rolling on the floor laughing; winking face; smiling face with heart-eyes;
star-struck; face with tongue; thinking face; sleeping face; cowboy hat face; partying face; smiling face with
sunglasses; nerd face; crying face; angry face; face screaming in fear; cold face; exploding head; face in clouds;
clown face; ghost; alien; alien monster; robot; red heart; sparkling heart; broken heart; heart with ribbon; heart on
fire; collision; speech balloon; footprints; brain; eye; bone; baby; boy; girl; man; woman; old man; old woman;
astronaut; artist; cook; farmer; firefighter; pilot; scientist; singer; detective; guard; ninja; prince; princess;
Santa Claus; superhero; mage; fairy; vampire; mermaid; elf; genie; zombie; troll; woman dancing; person surfing;
person biking; skier; red circle; red square; large orange diamond
""".replace("\n", " ").split(";")
)
"""Taken from the other groups."""

RENAMED = {
    "automobile": "car",
    "airplane": "plane",
    "hot beverage": "cup of coffee",
    "glass of milk": "milk",
    "cherries": "cherry",
    "hamburger": "burger",
    "doughnut": "donut",
    "lady beetle": "ladybug",
    "honeybee": "bee",
    "sauropod": "dinosaur",
    "T-Rex": "t-rex",
    "front-facing baby chick": "chick",
    "spouting whale": "whale",
    "globe showing Europe-Africa": "earth",
    "grapes": "grape",
    "blueberries": "blueberry",
    "kiwi fruit": "kiwi",
    "ear of corn": "corn",
    "bread": "loaf of bread",
    "cheese wedge": "cheese",
    "poultry leg": "chicken leg",
    "birthday cake": "cake",
    "shortcake": "slice of cake",
    "cup with straw": "soda",
    "locomotive": "steam train",
    "high-speed train": "train",
    "flying saucer": "ufo",
    "evergreen tree": "pine tree",
    "deciduous tree": "tree",
    "leafy green": "lettuce",
    "night with stars": "starry night",
    "hourglass done": "hourglass",
    "mantelpiece clock": "clock",
    "snowman without snow": "snowman",
    "sun behind cloud": "sun behind a cloud",
    "bridge at night": "bridge",
    "wrapped gift": "gift",
    "man’s shoe": "shoe",
    "running shoe": "sneaker",
    "woman’s boot": "boot",
    "woman’s hat": "sun hat",
    "rescue worker’s helmet": "helmet",
    "speaker high volume": "speaker",
    "gem stone": "diamond gem",
    "mobile phone": "phone",
    "magnifying glass tilted left": "magnifying glass",
    "red paper lantern": "lantern",
    "closed mailbox with raised flag": "mailbox",
    "locked": "padlock",
    "carpentry saw": "saw",
    "nut and bolt": "bolt",
    "desktop computer": "computer",
    "billed cap": "cap",
    "graduation cap": "graduation hat",
    "large orange diamond": "diamond",
    "grinning face with smiling eyes": "smiling face",
    "rolling on the floor laughing": "laughing face",
    "smiling face with heart-eyes": "face in love",
    "star-struck": "starry-eyed face",
    "face screaming in fear": "scared face",
    "face in clouds": "face in the clouds",
    "alien monster": "pixel monster",
    "collision": "explosion",
    "speech balloon": "speech bubble",
    "footprints": "pair of footprints",
    "Santa Claus": "santa claus",
    "mage": "wizard",
    "woman dancing": "dancer",
    "person surfing": "surfer",
    "person biking": "cyclist",
    "american football": "american football",
    "pool 8 ball": "billiard ball",
    "snow-capped mountain": "snowy mountain",
    "classical building": "temple",
    "office building": "office tower",
    "steaming bowl": "bowl of noodles",
    "spaghetti": "plate of spaghetti",
    "pot of food": "stew",
    "green salad": "salad",
    "french fries": "fries",
    "soft ice cream": "ice cream cone",
    "ice cream": "bowl of ice cream",
    "nest with eggs": "nest",
    "police car light": "siren",
    "horizontal traffic light": "traffic light",
    "ringed planet": "planet",
    "high voltage": "lightning bolt",
    "water wave": "wave",
    "cloud with lightning and rain": "storm cloud",
    "cloud with rain": "rain cloud",
    "cloud with snow": "snow cloud",
    "sun with face": "smiling sun",
    "full moon face": "smiling moon",
    "crescent moon": "moon",
}
"""Labels that nobody would type. A trailing `` face`` falls off an animal's."""

PEOPLE = frozenset(("person", "person-role", "person-fantasy", "person-activity", "person-sport"))
"""The subgroups of people, who are never named by a colour or painted in another one."""

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey")


def named(label: str) -> tuple[str, str]:
    """Return (colour word or empty, noun) of a label."""
    noun = RENAMED.get(label, label.lower().replace("’", "'"))
    first, _, rest = noun.partition(" ")
    if first in COLOURS and rest and rest != "bear":
        return first, rest
    return "", noun
