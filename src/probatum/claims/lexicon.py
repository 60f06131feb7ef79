"""English word lists for safe splitting. A word missing here costs a split, never a wrong one: lists err towards silence."""

from __future__ import annotations

from typing import Final

from probatum.claims.wordset import wordset

BE: Final = wordset("is are was were")
AUXILIARIES: Final = BE | wordset("has have had does do did will would can could may might must shall should")

#: Past tense forms that are not also participles, nouns or adjectives: always a finite verb.
PAST_ONLY: Final = wordset(
    "became began came went wrote took gave grew knew chose spoke drew flew fell sang swam ran ate broke drove rode rose "
    "shook stole wore threw forgot froze hid saw did underwent overcame withdrew overtook undertook arose awoke drank sank "
    "sprang forgave bore tore swore"
)
#: Irregular past forms that are also participles.
PAST: Final = PAST_ONLY | wordset(
    "won made led held met left lost built sent spent sold told taught thought brought bought caught fought sought kept "
    "slept felt found founded got had heard hung laid lent meant paid said sat shot shone stood struck understood wound "
    "spun stuck hurt hit put cut set let cost beat bet shut split spread quit cast"
)
#: Irregular past forms that look like a present, a noun or an adjective: finite only with more evidence.
UNCLEAR_PAST: Final = wordset(
    "felt found hurt hit put cut set let cost beat bet shut split spread quit cast left led lost saw bore ground wound lay"
)

PARTICIPLES: Final = wordset(
    "born known written taken given grown chosen spoken drawn flown fallen sung swum run eaten broken driven ridden risen "
    "shaken stolen worn thrown forgotten frozen hidden seen done gone become begun come undergone overcome withdrawn beaten "
    "bitten shown proven"
)
#: Words in -ed that are (also) adjectives or nouns before a noun.
NOT_PAST: Final = wordset(
    "red need hundred bed seed feed speed breed deed weed indeed exceed succeed proceed sacred naked wicked kindred united "
    "detailed varied mixed limited advanced complicated related distinguished celebrated renowned talented gifted educated "
    "skilled experienced sophisticated unified assorted elevated automated distributed isolated interested disinterested "
    "animated dedicated respected devoted acclaimed noted beloved aged crowded tired excited armed embed shed unprecedented "
    "unlimited combined so-called middle-aged integrated fixed estimated supposed advised biased concerned rugged learned "
    "blessed continued increased decreased reduced improved expected required proposed alleged renewed sustained organized "
    "confined"
)
#: Intransitive verbs in -ed: after ``was born ... and`` they cannot be passive participles.
INTRANSITIVE_PAST: Final = wordset(
    "died lived worked served studied graduated moved returned retired emigrated immigrated migrated traveled travelled "
    "played appeared debuted emerged collaborated resigned competed participated performed arrived departed remained stayed "
    "continued starred enrolled settled volunteered campaigned lectured toured resided escaped succumbed dreamed collapsed "
    "exploded vanished"
)
#: Third person singular forms that are not also plural nouns.
PRESENT: Final = wordset(
    "has is does includes contains provides offers makes gives takes becomes remains continues consists belongs produces "
    "publishes describes explains requires receives reaches serves speaks writes teaches lives keeps holds wins leads "
    "brings enables allows employs owns operates extends lies connects specializes specialises manages maintains generates "
    "attracts represents performs appears stars combines emphasizes emphasises focuses depends exists comprises encompasses "
    "flows borders gets goes comes knows sees tells seems sits stands runs accounts exports imports helps weighs occurs "
    "tends acts organizes organises promotes develops creates builds sells buys causes prevents increases reduces decreases "
    "binds inhibits regulates possesses resides absorbs carries adopts applies approves arises attends avoids begins "
    "believes catches chairs chooses commemorates competes concerns consumes converts crosses decides defines delivers "
    "demonstrates derives destroys determines differs directs discusses dissolves divides eats eliminates emerges emits "
    "encourages ends engages ensures enters equals establishes evolves examines exceeds excludes expands experiences "
    "explores expresses feeds fills follows forces founds governs grows happens hires identifies illustrates implements "
    "implies improves incorporates indicates influences interacts introduces invests involves joins lacks lasts launches "
    "leaves lets listens marries merges migrates moves obtains occupies oversees participates passes permits persists pays "
    "prefers presents preserves proposes protects proves pursues reads recognizes recognises recommends refers reflects "
    "rejects relies removes replaces resembles resolves retains returns reveals revolves rises sends shares shifts "
    "specifies spreads starts stays stems strengthens suffers supplies surrounds survives transmits transports treats "
    "triggers turns undergoes understands unites urges utilizes varies wears works"
)
#: Third person forms that are also common plural nouns: finite only before a determiner.
PRESENT_OR_NOUN: Final = wordset(
    "uses works plays shows studies features ranks measures covers hosts supports needs forms results changes links plans "
    "costs houses displays marks names sets aims claims states exports imports runs stands stars leads accounts helps acts "
    "causes increases decreases borders flows sees holds chairs ends concerns forces feeds fills moves experiences passes "
    "shares shifts starts stays stems returns turns treats triggers urges rises reads presents influences supplies "
    "transports launches leaves estimates interests"
)
PRESENT_SURE: Final = PRESENT - PRESENT_OR_NOUN

DETERMINERS: Final = wordset(
    "the a an his her its their this these those my our your several many numerous various both two three four five six "
    "seven eight nine ten"
)
POSSESSIVES_OR_ARTICLES: Final = wordset("a an his her its their")
PREPOSITIONS: Final = wordset(
    "in on at to for from by with into onto upon about over under between among through during against of off as until "
    "after before since within across around near behind towards toward alongside throughout"
)
PRONOUNS: Final = wordset("he she it they we i you this there")
PERSON_PRONOUNS: Final = wordset("he she they we i")
ADVERBS: Final = wordset(
    "also later then soon eventually subsequently first still now once finally currently often sometimes usually already "
    "just even therefore thus always again twice"
)
CONNECTIVES: Final = wordset(
    "however additionally furthermore moreover also later then finally eventually subsequently meanwhile nevertheless "
    "nonetheless similarly likewise consequently therefore thus overall notably specifically initially first second third "
    "firstly secondly lastly today currently historically generally typically indeed instead afterwards afterward "
    "originally ultimately besides importantly interestingly unfortunately fortunately sadly"
)

CONDITIONALS: Final = wordset(
    "if unless whether would provided providing assuming suppose supposing otherwise could might may lest should"
)
#: Verbs and phrases whose complement is someone's word, not the writer's.
REPORTING: Final = wordset(
    "said say says claimed claim claims believed believe believes argued argue argues stated reported report reports "
    "suggested suggest suggests announced announce announces alleged denied deny denies thought think thinks hoped hope "
    "hopes predicted predict predicts estimated estimate estimates asserted asserts assert insisted insists concluded "
    "concludes rumored rumoured purportedly reportedly allegedly supposedly according warned told tells testified declared "
    "declares maintained wrote admitted imagine imagined assumed pretended wished dreamed doubted doubts fears feared "
    "promised confirmed confirms explained explains showed shows show found finds find discovered noted notes note revealed "
    "reveals knew knows"
)
#: Of these, the ones that commonly take a plain object, so that only a following *that* makes them reporting.
REPORTING_WITH_THAT: Final = wordset(
    "wrote discovered showed shows show found finds find noted maintained confirmed explained explains revealed announced "
    "knew knows declared denied reported report reports notes note estimated told"
)
SUBORDINATORS: Final = wordset(
    "that because when while since although though whereas whenever wherever where who whom which whose what how why if "
    "until unless before after once than"
)
CORRELATIVES: Final = wordset("either neither nor whether")
QUANTIFIERS: Final = wordset(
    "no few some most many several each every any all one two three four five six seven eight nine ten neither either none "
    "only a an another much little half nobody everyone anyone someone"
)

#: Bare verbs that open an instruction.
IMPERATIVES: Final = wordset(
    "use click visit buy remember consider try add run open install go take make please let see check contact feel keep "
    "ensure avoid read write choose select enter type press set put place mix stir bake heat preheat pour serve repeat "
    "follow start stop begin call create download copy paste save close find look ask tell give get do don't imagine think "
    "note refer submit sign log navigate turn move remove replace drag drop restart enable disable verify confirm bring "
    "combine cook boil cut chop wash rinse store apply wait enjoy don’t never always simply"
)
SUBJECTIVE: Final = wordset(
    "beautiful wonderful amazing great awesome lovely nice terrible awful horrible ugly boring interesting fascinating "
    "exciting fun funny delicious tasty best worst better worse good bad brilliant fantastic incredible stunning gorgeous "
    "charming delightful pleasant unpleasant impressive magnificent superb excellent perfect cool pretty cute inspiring "
    "inspirational remarkable extraordinary memorable unforgettable disappointing overrated underrated breathtaking "
    "captivating enchanting vibrant must-see worthwhile annoying sad happy"
)
GENERIC: Final = wordset(
    "place thing things idea ideas choice choices city book movie film song way person people experience option options "
    "example examples story day time view sight sights topic question answer work all really very truly quite so absolutely "
    "simply incredibly extremely rather pretty most one of ever just"
)
