"""Relations whose direction matters, for made role swaps. English only."""

from __future__ import annotations

_VERBS = [
    "defeated/defeated",
    "beat/beaten",
    "praised/praised",
    "criticised/criticised",
    "sued/sued",
    "hired/hired",
    "fired/fired",
    "replaced/replaced",
    "succeeded/succeeded",
    "taught/taught",
    "trained/trained",
    "mentored/mentored",
    "employed/employed",
    "acquired/acquired",
    "bought/bought",
    "funded/funded",
    "sponsored/sponsored",
    "founded/founded",
    "rescued/rescued",
    "attacked/attacked",
    "invited/invited",
    "visited/visited",
    "followed/followed",
    "accused/accused",
    "blamed/blamed",
    "thanked/thanked",
    "warned/warned",
    "paid/paid",
    "endorsed/endorsed",
    "nominated/nominated",
    "appointed/appointed",
    "interviewed/interviewed",
    "treated/treated",
    "arrested/arrested",
    "overtook/overtaken",
    "outscored/outscored",
    "inspired/inspired",
    "influenced/influenced",
    "imitated/imitated",
    "rejected/rejected",
    "photographed/photographed",
    "painted/painted",
    "edited/edited",
    "translated/translated",
    "reviewed/reviewed",
    "helped/helped",
    "protected/protected",
    "betrayed/betrayed",
    "impressed/impressed",
    "supervised/supervised",
    "audited/audited",
    "licensed/licensed",
    "supplied/supplied",
    "advised/advised",
    "represented/represented",
    "challenged/challenged",
    "eliminated/eliminated",
    "knocked_out/knocked_out",
    "ousted/ousted",
    "pardoned/pardoned",
    "recruited/recruited",
    "promoted/promoted",
    "recommended/recommended",
    "mocked/mocked",
    "ignored/ignored",
    "admired/admired",
    "studied/studied",
    "conquered/conquered",
    "invaded/invaded",
    "annexed/annexed",
    "colonised/colonised",
    "liberated/liberated",
    "besieged/besieged",
    "financed/financed",
    "directed/directed",
    "produced/produced",
    "discovered/discovered",
    "managed/managed",
    "coached/coached",
    "raised/raised",
    "adopted/adopted",
    "outlived/outlived",
    "preceded/preceded",
    "absorbed/absorbed",
    "took_over/taken_over",
    "banned/banned",
    "fined/fined",
    "investigated/investigated",
]
VERBS = [tuple(part.replace("_", " ") for part in pair.split("/")) for pair in _VERBS]
"""(past tense, participle) of verbs whose two sides cannot change places."""

CONVERSE = [
    tuple(line.split(" / "))
    for line in """
was the teacher of / was a student of
is the parent company of / is a subsidiary of
was the predecessor of / was the successor of
was the employer of / was employed by
is the owner of / is owned by
was the mentor of / was mentored by
was the landlord of / was a tenant of
is the manager of / works under
was the captor of / was held captive by
was the winner over / lost to
was elected ahead of / lost the election to
is the author of a biography of / is the subject of a biography by
is located north of / is located south of
is located east of / is located west of
was built before / was built after
arrived before / arrived after
was born before / was born after
finished ahead of / finished behind
is a part of / contains
was the doctor of / was a patient of
was the supplier of / was a customer of
is the grandparent of / is a grandchild of
is the boss of / reports to
was the host of / was a guest of
is the creditor of / owes money to
""".strip().splitlines()
]
"""A stands to B as the first says, so B stands to A as the second says."""

COMPARED = [
    tuple(line.split(" / "))
    for line in """
was older / was younger
is larger / is smaller
is taller / is shorter
was richer / was poorer
is more expensive / is cheaper
was faster / was slower
scored more points / scored fewer points
won more medals / won fewer medals
sold more copies / sold fewer copies
received more votes / received fewer votes
had a higher budget / had a lower budget
is heavier / is lighter
lived longer / died younger
earned more / earned less
employs more people / employs fewer people
was stronger / was weaker
had more members / had fewer members
grew more quickly / grew more slowly
started earlier / started later
was more popular / was less popular
""".strip().splitlines()
]
"""The first, and what it means for the other side."""

_THINGS = (
    "the painting",
    "a large house",
    "the farm",
    "two horses",
    "the patent",
    "an old letter",
    "the licence",
    "most of its shares",
    "the manuscript",
    "a loan",
    "the ship",
    "the rights",
)
_WAYS = (
    (("sold", "to"), ("bought", "from")),
    (("lent", "to"), ("borrowed", "from")),
    (("gave", "to"), ("received", "from")),
    (("sent", "to"), ("got", "from")),
    (("leased", "to"), ("leased", "from")),
    (("handed", "to"), ("took over", "from")),
)
TRANSFERS = [(way, thing) for way in _WAYS for thing in _THINGS]
"""(how the giver, how the receiver puts it), thing."""
