"""What is said in the verifier's input: sentences that the rules understand, small talk, and a card number.

Free of I/O.
"""

from __future__ import annotations

from random import Random

NAMES = ("Ines", "Joao", "Marta", "Rui", "Sofia", "Tom")
CITIES = ("Lisbon", "Porto", "Braga", "Coimbra", "Madrid", "Berlin")
THINGS = ("chess", "hiking", "jazz", "coffee", "green tea", "pizza", "swimming")
PEOPLE = ("Anna", "Rita", "Clara", "Olga")
JOBS = ("nurse", "teacher", "pilot")

SENTENCES = (
    "I live in {city}.",
    "I moved to {city} yesterday.",
    "I used to live in {city}.",
    "I really like {thing}.",
    "I like {thing}.",
    "I no longer like {thing}.",
    "I don't like {thing} any more.",
    "I prefer {thing}.",
    "My sister {person} called me.",
    "My brother {person} is here. I love {thing}.",
    "I work as a {job}.",
    "I'm allergic to nuts.",
    "Where do you live?",
    "In {city}.",
    "The weather was fine, and nothing much happened.",
    "Hello there! How was {city}?",
)
CARD, BLANKED = "4111 1111 1111 1111", "\u2588" * 19


def say(random: Random) -> str:
    """One thing to say; one in forty holds a card number, which nobody may keep."""
    if random.random() < 0.025:
        return f"My card is {CARD}, and I live in {random.choice(CITIES)}."
    return random.choice(SENTENCES).format(
        city=random.choice(CITIES),
        thing=random.choice(THINGS),
        person=random.choice(PEOPLE),
        job=random.choice(JOBS),
    )


def kept(text: str) -> str:
    """The text as it must be kept."""
    return text.replace(CARD, BLANKED)
