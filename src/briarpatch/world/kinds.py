"""The kinds of chronicle entries: one declaration each, with the sentence that tells it.

In a template, {subject}, {object}, {place}, {amount} and {verb} (whose number is the amount) are filled in; a part in
square brackets is left out when one of its fields is empty. `weight` is 0 for what only a log shows, 1 for what a telling tells, 2 for what it stresses.
`living` says which of subject and object, when they are people, do something, hear or learn: they live when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..declare.numbers import number


@dataclass(frozen=True)
class Kind:
    """One kind of entry."""

    name: str
    number: int
    template: str
    weight: int
    meaning: str
    living: tuple[str, ...]


KINDS: list[Kind] = []


def _kind(name: str, template: str, weight: int, meaning: str, living: str = "subject") -> int:
    KINDS.append(Kind(name, number("entry", name), template, weight, meaning, tuple(living.split())))
    return KINDS[-1].number


BEGAN = _kind("began", "the story began", 0, "the first entry of every chronicle")
ENDED = _kind("ended", "it ended so: {object}", 2, "an ending was reached")
GUARD = _kind("guard", "the world was stopped by a guard", 2, "a limit was broken; amount is its number")
RULE = _kind("rule", "{subject}", 1, "a rule fired; told by its own words")
MARKED = _kind("marked", "{object}", 1, "an event was marked; told by its own words")
GAUGED = _kind("gauged", "{object} became {amount}", 0, "a number of the scenario was set")
LAPSED = _kind(
    "lapsed", "it did not come to this: {subject}", 1, "a delayed rule was dropped because its condition ended"
)

CHOSE = _kind("chose", "{object}", 2, "a decision was taken; subject decides, object is the option")
ORDERED = _kind("ordered", "{subject} ordered: {object}", 1, "an order was given")
PASSED_ON = _kind("passed on", "{subject} passed the order on: {object}", 0, "an order went down the chain of command")
ORDER_CAME = _kind(
    "order came",
    "an order of {subject} arrived: {object}",
    1,
    "an order that was sent reached whom it is for; amount is who that is",
    living="",
)
OBEYED = _kind("obeyed", "{subject} obeyed: {object}", 1, "the answer to an order")
VOICED = _kind("voiced", "{subject} obeyed under protest: {object}", 1, "the answer to an order")
DELAYED = _kind("delayed", "{subject} put off: {object}", 1, "the answer to an order")
REFUSED = _kind("refused", "{subject} refused: {object}", 2, "the answer to an order")
OPPOSED = _kind("opposed", "{subject} acted against: {object}", 2, "the answer to an order")
RESIGNED = _kind("resigned", "{subject} laid down the office", 2, "somebody resigned")
APPOINTED = _kind("appointed", "{subject} took command of {object}", 1, "somebody was given a command")
RELIEVED = _kind("relieved", "{subject} was relieved of command", 2, "somebody lost a command")
REINSTATED = _kind("reinstated", "{subject} was given the office back", 1, "somebody is in office again")
PERSUADED = _kind(
    "persuaded",
    "{subject} argued with {object}",
    1,
    "an argument shifted what somebody leans to",
    living="subject object",
)
CAPTURED = _kind("captured", "{subject} was taken prisoner by {object}[ and held at {place}]", 2, "custody began")
RELEASED = _kind("released", "{subject} was set free[ at {place}]", 1, "custody ended")
JOINED = _kind("joined", "{subject} joined {object}", 1, "somebody changed sides")
CONSENTED = _kind("consented", "{subject} agreed to be moved", 0, "consent was given")
MOVED_OUT = _kind("taken away", "{subject} was taken from home", 1, "somebody was moved without consent")
VIOLATED = _kind("violated", "{object} was broken", 2, "a directive was broken")
EXCUSED = _kind("excused", "{object} allowed an exception", 0, "a directive's exception applied")

LEARNED = _kind("learned", "{subject} learned: {object}", 1, "somebody came to know a fact")
SUSPECTED = _kind(
    "suspected", "{subject} began to suspect: {object}", 1, "somebody came to believe a fact more likely than not"
)
DOUBTED = _kind("doubted", "{subject} no longer believed: {object}", 1, "somebody gave up a belief")
TOLD = _kind(
    "told",
    "{subject} told {object}",
    0,
    "somebody told something to somebody; amount is the fact",
    living="subject object",
)
HEARD_FROM = _kind(
    "had word", "{subject} had word from {object}", 0, "somebody took in word that was sent; amount is the fact"
)
NOTICED = _kind("noticed", "{subject} saw through the pretence[ of {place}]", 2, "a staged place was seen through")
DETECTED = _kind(
    "detected",
    "{subject} saw {object}[ at {place}]",
    1,
    "an observer detected somebody or something",
    living="subject object",
)
FALSE_ALARM = _kind(
    "false alarm",
    "{subject} gave a false alarm",
    0,
    "an instrument reported what was not there; object is what it was taken for",
)
BECAME_TRUE = _kind("came true", "it came to be so: {object}", 0, "a fact became true")
BECAME_FALSE = _kind("came untrue", "it was no longer so: {object}", 0, "a fact became false")

SENT = _kind("sent", "{subject} sent word to {object}", 1, "a message was handed in")
DELIVERED = _kind("delivered", "word from {subject} reached {object}", 1, "a message arrived", living="object")
UNSENT = _kind("lost", "word from {subject} to {object} was lost", 1, "a message will never arrive", living="")
RELAYED = _kind(
    "relayed", "{subject} took on word for {object}", 0, "a relay holds a message now, whatever becomes of its sender"
)
LINKED = _kind("in touch", "{subject} came into reach of the outside", 1, "a waiting message found a link")
CONVENED = _kind("convened", "{subject} met to deliberate", 1, "a council was convened")
ACTED = _kind("resolved", "{subject} resolved to act", 2, "a council decided to act")
DECLINED = _kind("declined", "{subject} resolved not to act", 2, "a council decided not to act")

DEPARTED = _kind("departed", "{subject} set out for {object}[ from {place}]", 1, "somebody or something set out")
NO_WAY = _kind(
    "no way",
    "{subject} found no way to {object}",
    1,
    "a journey to where nobody can walk, or through a vessel under way",
)
MISSED_IT = _kind("came too late", "{subject} found {object} gone", 1, "the vessel to which a journey led had left")
FOLLOWED = _kind(
    "followed", "{subject} went with {object}", 0, "somebody began to follow somebody", living="subject object"
)
STAYED = _kind("stayed", "{subject} stayed where they were", 0, "somebody stopped following or walking")
HALTED = _kind(
    "stood still", "{subject} stopped on the way", 1, "parties on the march were stopped; amount is how many"
)
ARRIVED = _kind("arrived", "{subject} reached {object}", 1, "somebody or something arrived")
BOARDED = _kind("boarded", "{subject} went aboard {object}", 0, "somebody went aboard")
WENT_ASHORE = _kind("went ashore", "{subject} left {object}[ for {place}]", 0, "somebody left a vessel")
MARCHED = _kind("marched", "{subject} set out on foot[ along {object}]", 1, "a party set out")
CARRIED = _kind(
    "taken up",
    "{object} took up {subject}",
    1,
    "somebody was taken up to be carried; amount is by how many",
    living="subject object",
)
SET_DOWN = _kind("set down", "{subject} was set down[ at {place}]", 0, "nobody carries somebody any more", living="")
FELL_BEHIND = _kind("fell behind", "{subject} fell behind", 1, "stragglers lost their party; amount is how many")
CAME_THROUGH = _kind("came through", "{subject} came through[ to {place}]", 1, "a party reached the end of its way")
BEAMED = _kind(
    "carried", "{subject} was carried[ to {place}]", 1, "a transporter put somebody down; amount is how many"
)
LOCK_FAILED = _kind("lock failed", "the lock on {subject} failed", 0, "a transporter gave up", living="")
TURNED_AWAY = _kind("turned away", "{subject} found no room in the line", 0, "a transporter's line was full")
JAMMED = _kind("jammed", "a transporter was jammed", 1, "a transporter can lock on to nobody; place is where it stands")
UNJAMMED = _kind("clear again", "a transporter was clear again", 0, "a transporter is no longer jammed")
TAGGED = _kind("tagged", "{subject} was tagged[ by {object}]", 0, "a drone tagged somebody")
DRONE_LOST = _kind("drone lost", "a drone of {subject} was lost", 0, "a drone was shot down or failed")
LAUNCHED = _kind("launched", "{subject} went out after {object}", 2, "a swarm was launched")
RECALLED = _kind("recalled", "{subject} turned back", 1, "a swarm was recalled")

UNMASKED = _kind("unmasked", "{subject} came into plain sight", 2, "a suit or a cloak was dropped")
MASKED = _kind("masked", "{subject} went out of sight", 0, "a suit or a cloak was put on")

ATTACKED = _kind("attacked", "{subject} attacked {object}", 2, "a fight began")
SHIELDS_DOWN = _kind("shields down", "the shields of {subject} fell", 1, "a shield was used up")
HULL_HIT = _kind("hit", "{object} hit {subject}", 0, "a hit reached the hull")
VOLLEY = _kind(
    "fired a volley", "{subject} fired a volley", 0, "missiles were fired at once; amount is how many found their mark"
)
WITHDREW = _kind("withdrew", "{subject} broke off the fight", 2, "a vessel turned to withdraw")
ESCAPED = _kind("escaped", "{subject} got away", 2, "a withdrawing vessel got clear")
VESSEL_LOST = _kind("destroyed", "{subject} was destroyed[ by {object}]", 2, "a vessel was destroyed")
DISABLED = _kind("disabled", "{subject} was left unable to move", 2, "a vessel was disabled")
SHIELDS_UP = _kind("shields up", "{subject} raised its shields", 0, "shields were raised")
SHIELDS_LOWERED = _kind("shields lowered", "{subject} lowered its shields", 0, "shields were lowered")
CEASED_FIRE = _kind("ceased fire", "{subject} ceased fire", 1, "a vessel stopped shooting of its own will")
STRUCK = _kind("struck", "{subject} was damaged", 1, "a vessel took damage outside a fight; amount is how much")

DEVICE_STARTED = _kind("started", "{subject} was started[ by {object}]", 2, "a start began", living="object")
STAGE_DONE = _kind("stage done", "{subject} passed stage {amount}", 0, "a stage ended")
DEVICE_RUNS = _kind("runs", "{subject} began to run", 2, "a device came to run")
DEVICE_DONE = _kind("ran its course", "{subject} ran its course", 2, "a device ran to its end")
DEVICE_PAUSED = _kind("paused", "{subject} was halted", 2, "a device was put on hold")
DEVICE_RESUMED = _kind("resumed", "{subject} went on", 2, "a device went on")
DEVICE_ABORTED = _kind("stopped", "{subject} was shut down", 2, "a device was aborted")
SABOTAGED = _kind("sabotaged", "{object} sabotaged {subject}", 2, "a device was sabotaged", living="object")
ARMING = _kind("arming", "{object} began to set {subject} to destroy itself", 1, "arming began", living="object")
ARMED = _kind("armed", "{subject} was set to destroy itself", 2, "a self-destruct counts down", living="object")
DISARMED = _kind(
    "disarmed", "the self-destruct of {subject} was stopped", 2, "arming or the countdown ended without a blast"
)
IN_VAIN = _kind(
    "in vain",
    "{object} tried to work {subject} in vain",
    1,
    "work on a device was asked for that could not be done",
    living="object",
)
BLAST = _kind("blew up", "{subject} blew up", 2, "a device destroyed itself or was destroyed")

DIED = _kind(
    "died",
    "{subject} died[ at {place}][, killed by {object}]",
    2,
    "somebody died; object is who or what killed",
    living="object",
)

HEALED = _kind("healed", "{subject} found a sense restored: {object}", 1, "a tissue works again")
FAILED_TISSUE = _kind("failed", "{subject} lost the use of {object}", 1, "a tissue no longer works")
DRAINED = _kind("drained", "{subject} ran dry", 1, "a field was drained below use; amount is the share left")

MET = _kind("met", "{subject} and {object} met", 1, "two people met", living="subject object")
GREW_CLOSE = _kind(
    "grew close",
    "{subject} and {object} grew close",
    1,
    "affection passed the mark of closeness",
    living="subject object",
)
GREW_APART = _kind(
    "grew apart", "{subject} and {object} grew apart", 0, "affection fell below the mark", living="subject object"
)
TIE_CHANGED = _kind("tie changed", "{subject} took another stand towards {object}", 0, "a tie between factions changed")
APOLOGISED = _kind("apologised", "{subject} apologised to {object}", 1, "a grudge was softened")
FORGAVE = _kind("forgave", "{subject} forgave {object}", 2, "a faction forgave another")
OFFENDED = _kind("offended", "{subject} wronged {object}", 1, "an offence began a grudge")

JOINED_IN = _kind("joined in", "{subject} joined {object}", 1, "somebody joined a movement")
CALLED = _kind("called", "all might now join {subject}", 0, "people may join a movement by themselves")
STOOD_ALONE = _kind(
    "stood alone", "nobody rose for {subject}", 1, "a rising was called for that nobody, or nobody free, had joined"
)
ROSE = _kind("succeeded", "{subject} carried the day", 2, "a rising succeeded; amount is the share that had joined")
PUT_DOWN = _kind(
    "put down", "the rising of {subject} was put down", 2, "a rising failed; amount is the share that had joined"
)
DEFECTED = _kind("went over", "{subject} went over to {object}", 2, "somebody went over to another side")

SUPPOSED = _kind("supposed", "{subject} took it that {object} knew", 0, "a belief about a belief; amount is the fact")
UNSUPPOSED = _kind(
    "no longer supposed", "{subject} no longer took it that {object} knew", 0, "a belief about a belief was given up"
)
ALLIED = _kind(
    "made common cause", "{subject} and {object} came to stand together", 1, "a tie between sides turned good"
)
FELL_OUT = _kind("fell out", "{subject} and {object} fell out", 1, "a tie between sides turned bad")
DISCUSSED = _kind("talked over", "they talked over {object}", 1, "opinions drew nearer")
UNANSWERED = _kind(
    "unanswered",
    "{subject} gave no answer: {object}",
    1,
    "a question came to nothing: its condition ended, its decider died, or no option was open",
    living="",
)

WAS_DEAD = _kind(
    "was dead",
    "it came to nothing: {object} no longer lived",
    1,
    "something was asked of, or done to, somebody dead; amount is the number of the verb",
    living="",
)
WAS_LOST = _kind(
    "was lost",
    "it came to nothing: nothing was left of {object}",
    1,
    "something was asked of a vessel or a device that is destroyed; amount is the number of the verb",
    living="",
)
WAS_AWAY = _kind(
    "was out of reach",
    "{object} could not be reached[ at {place}]",
    1,
    "whom a verb names were not where they would have to be; amount is its number",
    living="",
)
WAS_STILL = _kind(
    "was out of action",
    "it came to nothing: {object} could do nothing",
    1,
    "something was asked of somebody who was stopped or gone for good, or a disabled vessel; amount is the verb's number",
)
WAS_HELD = _kind(
    "was held",
    "it came to nothing: {object} could not act in custody",
    1,
    "something was asked of somebody who was held; amount is the number of the verb",
)
WAS_SO = _kind(
    "was so already",
    "it came to nothing, it was so already[: {object}]",
    0,
    "something was asked that was so already; amount is the number of the verb",
    living="",
)
WAS_UNFIT = _kind(
    "was in no state for it",
    "it came to nothing[: {object} was in no state for it]",
    0,
    "something was asked that cannot be done with what it names as that is now; amount is the number of the verb",
    living="",
)
NOTHING_NEW = _kind(
    "nothing new",
    "it came to nothing[: there was nothing new in it for {object}]",
    0,
    "evidence was given to whom it told nothing; amount is the number of the verb",
    living="",
)
WAS_EMPTY = _kind(
    "nobody was there",
    "it came to nothing, nobody was there[: {object}]",
    1,
    "something was to befall all who are at a place or in a field, and nobody was; amount is the number of the verb",
    living="",
)
DONE = _kind(
    "was done",
    "the effect '{verb}' took place[: {object}]",
    0,
    "a verb changed what no entry of another kind tells; amount is the number of the verb",
    living="",
)
PLACED = _kind("was put", "{subject} was put[ at {place}]", 0, "somebody was put somewhere at once")
UNLED = _kind(
    "went without",
    "{subject} went without {object} to lead them",
    1,
    "nobody of those who were to lead an evacuation was free at its start",
    living="",
)
UNFORGIVEN = _kind(
    "did not forgive",
    "{subject} did not forgive {object} yet",
    0,
    "a faction was asked to forgive another; amount is the probability with which it would have",
    living="",
)
