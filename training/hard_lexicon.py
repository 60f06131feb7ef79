"""Word lists for the hard-case generator: opposites, harmless synonyms, months, units, verbs. English only."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators import text

MONTHS = tuple(month.capitalize() for month in text.MONTHS)
DAYS = tuple(day.capitalize() for day in text.DAYS)
SMALL_NUMBERS = tuple(text.SMALL_NUMBERS)
ORDINALS = tuple(text.ORDINALS)[:10]

# Words that exclude one another in the same place of a sentence. Both directions are used.
_OPPOSITES = """
increase/decrease increases/decreases increased/decreased increasing/decreasing rise/fall rises/falls rose/fell rising/falling
risen/fallen
higher/lower highest/lowest high/low larger/smaller largest/smallest large/small bigger/smaller big/small more/fewer most/least
greater/lesser longer/shorter longest/shortest long/short older/younger oldest/youngest old/young early/late earlier/later
earliest/latest
before/after first/last north/south northern/southern east/west eastern/western northeast/southwest northwest/southeast left/right
upper/lower win/lose wins/loses won/lost winning/losing victory/defeat accept/reject accepted/rejected accepts/rejects
approve/reject
approved/rejected allow/forbid allowed/banned allows/bans legal/illegal public/private open/closed opened/closed opens/closes
begin/end
began/ended begins/ends beginning/end start/stop started/stopped starts/stops join/leave joined/left joins/leaves
arrive/depart arrived/departed
enter/leave entered/left buy/sell bought/sold buys/sells gain/lose gained/lost gains/loses improve/worsen improved/worsened
improves/worsens
strong/weak stronger/weaker strengthen/weaken strengthened/weakened support/oppose supported/opposed supports/opposes
supporters/opponents
agree/disagree agreed/disagreed success/failure successful/unsuccessful successfully/unsuccessfully succeeded/failed
positive/negative
positively/negatively hot/cold warm/cool warmer/cooler warming/cooling warmest/coldest wet/dry rich/poor wealthy/poor
male/female men/women
man/woman boy/girl boys/girls father/mother brother/sister son/daughter husband/wife uncle/aunt king/queen actor/actress
common/rare safe/dangerous
safer/riskier effective/ineffective efficient/inefficient severe/mild major/minor maximum/minimum majority/minority
presence/absence present/absent
include/exclude included/excluded includes/excludes attack/defend attacked/defended love/hate loved/hated easy/difficult
easier/harder
expand/shrink expanded/shrank expands/shrinks grow/shrink grew/shrank growing/shrinking growth/decline add/remove
added/removed build/demolish built/demolished
create/destroy created/destroyed alive/dead born/buried living/deceased arrested/released guilty/innocent confirmed/denied
confirms/denies
confirm/deny admitted/denied cheap/expensive cheaper/costlier fast/slow faster/slower quickly/slowly heavy/light heavier/lighter
deep/shallow wide/narrow wider/narrower near/far inside/outside above/below over/under up/down forward/backward domestic/foreign
local/foreign rural/urban professional/amateur temporary/permanent temporarily/permanently voluntary/mandatory
optional/mandatory ancient/modern
traditional/modern single/married import/export imported/exported imports/exports lend/borrow teacher/student doctor/patient
employer/employee
buyer/seller plaintiff/defendant likely/unlikely able/unable possible/impossible known/unknown visible/invisible
reversible/irreversible
prevent/cause prevents/causes prevented/caused reduce/increase reduced/increased reduces/increases reducing/increasing
raise/lower raised/lowered
accelerate/slow accelerated/slowed help/hinder helped/hindered encourage/discourage encouraged/discouraged protect/endanger
protects/endangers
lowers/raises benefit/harm beneficial/harmful benefits/harms advantage/disadvantage advantages/disadvantages good/bad
better/worse best/worst
happy/sad winner/loser winners/losers ally/enemy allies/enemies peace/war peaceful/violent day/night morning/evening
summer/winter spring/autumn
daytime/nighttime annual/monthly weekly/daily solo/joint debut/final prequel/sequel predecessor/successor preceded/followed
promoted/demoted hired/fired
appointed/dismissed elected/defeated democratic/republican Democrats/Republicans Democrat/Republican liberal/conservative
left-wing/right-wing
northward/southward eastward/westward ahead/behind full/empty thick/thin hard/soft soft/loud sharp/dull fixed/variable
constant/variable similar/different
same/different united/divided simple/complex active/inactive passive/active natural/artificial internal/external import/export
input/output
together/separately directly/indirectly direct/indirect partially/completely partly/entirely rarely/often seldom/frequently
always/never
everyone/nobody everything/nothing all/none both/neither with/without contains/lacks including/excluding despite/because
although/because
enable/prevent enables/prevents enabled/prevented continued/ceased continue/cease continues/ceases resume/suspend
resumed/suspended survive/perish survived/perished
remained/left return/leave returned/left recovered/died healthy/sick healthier/sicker infected/uninfected
vaccinated/unvaccinated symptomatic/asymptomatic
"""
OPPOSITES: dict[str, tuple[str, ...]] = {}
for _pair in _OPPOSITES.split():
    _a, _b = _pair.split("/")
    for _x, _y in ((_a, _b), (_b, _a)):
        OPPOSITES[_x] = tuple(dict.fromkeys((*OPPOSITES.get(_x, ()), _y)))
# Too ambiguous to replace by rule (direction, tense, auxiliary use).
for _word in (
    "left",
    "right",
    "over",
    "light",
    "present",
    "hard",
    "lower",
    "short",
    "may",
    "second",
    "end",
    "over",
    "long",
    "fall",
    "although",
    "because",
    "despite",
    "single",
    "poor",
    "cool",
    "up",
    "down",
    "open",
    "most",
    "least",
    "last",
    "fixed",
    "full",
    "returned",
    "leaves",
    "man-made",
    "natural",
):
    OPPOSITES.pop(_word, None)

# Safe replacements in nearly any context.
_SYNONYMS = """
began=started started=began large=big big=large purchased=bought bought=purchased obtained=got received=got help=assist
helped=assisted
approximately=about  roughly=about nearly=almost almost=nearly said=stated stated=said located=situated
situated=located
film=movie movie=film movies=films films=movies also=additionally throughout=across several=multiple multiple=several numerous=many
many=numerous however=nevertheless often=frequently frequently=often quickly=rapidly rapidly=quickly constructed=built
built=constructed
created=made established=founded founded=established primarily=mainly mainly=primarily mostly=mainly huge=enormous
enormous=huge ill=sick children=kids
physicians=doctors physician=doctor attorney=lawyer lawyer=attorney attempt=try attempted=tried tried=attempted
show=demonstrate shows=demonstrates showed=demonstrated
demonstrated=showed use=utilise used=employed permit=allow permitted=allowed requires=needs required=needed needed=required
significant=considerable
considerable=substantial important=significant  currently=now presently=now previously=formerly formerly=previously
additionally=also
because=since near=close_to during=in within=inside passed_away=died whole=entire entire=whole occurred=happened
happened=occurred reduce=lower
reduced=lowered caused=led_to suggests=indicates suggest=indicate indicates=suggests finished=completed completed=finished
American=U.S. well-known=famous famous=well-known renowned=famous died=passed_away automobile=car cars=automobiles
company=firm firm=company companies=firms country=nation nation=country nations=countries countries=nations city=town
worldwide=globally globally=worldwide
residents=inhabitants inhabitants=residents teams=squads team=squad game=match novel=book book=volume songs=tracks song=track
scientists=researchers
researchers=scientists study=investigation examine=study examined=studied highest=greatest greatest=biggest biggest=largest
quick=fast fast=quick
announced=declared declared=announced police=officers money=funds illness=disease disease=illness
"""
SYNONYMS: dict[str, str] = {}
for _pair in _SYNONYMS.split():
    _a, _b = _pair.split("=")
    SYNONYMS[_a] = _b.replace("_", " ")

UNITS = {
    "kilometres": ("miles", "metres"),
    "kilometers": ("miles", "meters"),
    "km": ("miles", "m"),
    "miles": ("kilometers", "yards"),
    "metres": ("feet", "kilometres"),
    "meters": ("feet", "kilometers"),
    "feet": ("meters", "inches", "yards"),
    "inches": ("feet", "centimeters"),
    "kg": ("g", "pounds"),
    "kilograms": ("grams", "pounds"),
    "grams": ("kilograms", "milligrams"),
    "mg": ("g", "kg"),
    "tonnes": ("kilograms", "pounds"),
    "tons": ("pounds", "kilograms"),
    "pounds": ("kilograms", "tons", "ounces"),
    "million": ("billion", "thousand"),
    "billion": ("million", "trillion"),
    "trillion": ("billion", "million"),
    "thousand": ("million", "hundred"),
    "hundred": ("thousand",),
    "years": ("months", "weeks", "decades"),
    "months": ("years", "weeks", "days"),
    "weeks": ("months", "days", "years"),
    "days": ("weeks", "hours", "months"),
    "hours": ("minutes", "days"),
    "minutes": ("hours", "seconds"),
    "seconds": ("minutes", "hours"),
    "decades": ("years", "centuries"),
    "centuries": ("decades", "years"),
    "year": ("month", "week"),
    "month": ("year", "week"),
    "week": ("month", "year"),
    "day": ("week", "month"),
    "hour": ("minute", "day"),
    "dollars": ("euros", "pounds"),
    "euros": ("dollars", "pounds"),
    "acres": ("hectares", "square miles"),
    "hectares": ("acres",),
    "litres": ("gallons",),
    "gallons": ("litres",),
    "percent": ("percentage points", "per thousand"),
    "century": ("decade",),
    "decade": ("century", "year"),
    "Celsius": ("Fahrenheit",),
    "Fahrenheit": ("Celsius",),
    "mph": ("km/h",),
}

# past form -> base form, for "did not <base>"
_IRREGULAR = """
went=go came=come took=take gave=give made=make saw=see said=say got=get found=find knew=know thought=think became=become
began=begin brought=bring
built=build bought=buy chose=choose drew=draw drove=drive ate=eat fell=fall felt=feel fought=fight flew=fly forgot=forget
grew=grow had=have heard=hear held=hold
kept=keep led=lead left=leave lost=lose met=meet paid=pay ran=run rose=rise sang=sing sat=sit sent=send sold=sell spoke=speak
spent=spend stood=stand
taught=teach told=tell threw=throw understood=understand won=win wore=wear wrote=write showed=show won=win hit=hit set=set
cut=cut put=put
"""
BASE_OF_PAST = dict(pair.split("=") for pair in _IRREGULAR.split())
_REGULAR = [
    "play",
    "start",
    "work",
    "serve",
    "join",
    "move",
    "appear",
    "receive",
    "include",
    "release",
    "publish",
    "direct",
    "produce",
    "attend",
    "graduate",
    "study",
    "visit",
    "create",
    "develop",
    "establish",
    "open",
    "close",
    "announce",
    "report",
    "claim",
    "say",
    "ask",
    "call",
    "use",
    "help",
    "support",
    "oppose",
    "win",
    "defeat",
    "score",
    "marry",
    "die",
    "retire",
    "return",
    "travel",
    "live",
    "reach",
    "pass",
    "increase",
    "decrease",
    "rise",
    "fall",
    "reduce",
    "improve",
    "cause",
    "contribute",
    "lead",
    "follow",
    "continue",
    "remain",
    "record",
    "sign",
    "perform",
    "act",
    "co-found",
    "found",
    "train",
    "compete",
    "represent",
    "organise",
    "organize",
    "host",
]
for _verb in _REGULAR:
    _past = (
        _verb + "d"
        if _verb.endswith("e")
        else (_verb[:-1] + "ied" if _verb.endswith("y") and _verb[-2] not in "aeiou" else _verb + "ed")
    )
    BASE_OF_PAST.setdefault(_past, _verb)
BASE_OF_PAST.update(
    {
        "planned": "plan",
        "dropped": "drop",
        "stopped": "stop",
        "died": "die",
        "permitted": "permit",
        "occurred": "occur",
        "killed": "kill",
        "helped": "help",
    }
)

AUXILIARIES = (
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "had",
    "can",
    "could",
    "will",
    "would",
    "should",
    "must",
    "may",
    "might",
    "did",
    "does",
    "do",
)
ROLE_TITLES = frozenset(
    [
        "Mr",
        "Mrs",
        "Ms",
        "Dr",
        "Sir",
        "Lord",
        "Lady",
        "President",
        "Senator",
        "Prime",
        "Minister",
        "King",
        "Queen",
        "Pope",
        "Judge",
        "Captain",
        "General",
        "Professor",
        "Governor",
        "Mayor",
    ]
)
GIVEN_NAMES = frozenset(
    [
        "James",
        "John",
        "Robert",
        "Michael",
        "William",
        "David",
        "Richard",
        "Joseph",
        "Thomas",
        "Charles",
        "Christopher",
        "Daniel",
        "Matthew",
        "Anthony",
        "Mark",
        "Donald",
        "Steven",
        "Paul",
        "Andrew",
        "Joshua",
        "Kenneth",
        "Kevin",
        "Brian",
        "George",
        "Timothy",
        "Ronald",
        "Edward",
        "Jason",
        "Jeffrey",
        "Ryan",
        "Jacob",
        "Gary",
        "Nicholas",
        "Eric",
        "Jonathan",
        "Stephen",
        "Larry",
        "Justin",
        "Scott",
        "Brandon",
        "Benjamin",
        "Samuel",
        "Gregory",
        "Alexander",
        "Frank",
        "Patrick",
        "Raymond",
        "Jack",
        "Dennis",
        "Jerry",
        "Tyler",
        "Aaron",
        "Jose",
        "Adam",
        "Nathan",
        "Henry",
        "Peter",
        "Zachary",
        "Douglas",
        "Harold",
        "Mary",
        "Patricia",
        "Jennifer",
        "Linda",
        "Elizabeth",
        "Barbara",
        "Susan",
        "Jessica",
        "Sarah",
        "Karen",
        "Lisa",
        "Nancy",
        "Betty",
        "Sandra",
        "Margaret",
        "Ashley",
        "Kimberly",
        "Emily",
        "Donna",
        "Michelle",
        "Carol",
        "Amanda",
        "Melissa",
        "Deborah",
        "Stephanie",
        "Dorothy",
        "Rebecca",
        "Sharon",
        "Laura",
        "Cynthia",
        "Amy",
        "Kathleen",
        "Angela",
        "Shirley",
        "Brenda",
        "Emma",
        "Anna",
        "Pamela",
        "Nicole",
        "Samantha",
        "Katherine",
        "Christine",
        "Helen",
        "Debra",
        "Rachel",
        "Carolyn",
        "Janet",
        "Maria",
        "Catherine",
        "Heather",
        "Diane",
        "Olivia",
        "Julie",
        "Joyce",
        "Victoria",
        "Ruth",
        "Virginia",
        "Tony",
        "Tom",
        "Tim",
        "Bill",
        "Bob",
        "Jim",
        "Joe",
        "Sam",
        "Ben",
        "Dan",
        "Steve",
        "Mike",
        "Chris",
        "Matt",
        "Nick",
        "Alex",
        "Max",
        "Leo",
        "Oscar",
        "Hugo",
        "Carlos",
        "Juan",
        "Luis",
        "Pedro",
        "Ivan",
        "Vladimir",
        "Boris",
        "Mohammed",
        "Ahmed",
        "Ali",
        "Omar",
        "Hassan",
        "Kim",
        "Lee",
        "Chen",
        "Wei",
        "Li",
        "Hans",
        "Karl",
        "Franz",
        "Otto",
        "Pierre",
        "Jean",
        "Jacques",
        "Louis",
        "Marie",
        "Claude",
        "Giovanni",
        "Marco",
        "Antonio",
        "Diego",
        "Rafael",
        "Fernando",
        "Jorge",
        "Albert",
        "Arthur",
        "Walter",
        "Fred",
        "Ralph",
        "Roger",
        "Simon",
        "Philip",
        "Martin",
        "Alan",
        "Ian",
        "Neil",
        "Graham",
        "Keith",
        "Colin",
        "Trevor",
        "Nigel",
        "Stuart",
        "Duncan",
        "Angus",
        "Fiona",
        "Isla",
        "Alice",
        "Jane",
        "Kate",
        "Lucy",
        "Grace",
        "Rose",
        "Ella",
        "Sophie",
        "Chloe",
        "Mia",
        "Ellen",
        "Clara",
        "Eva",
    ]
)
PLACES = frozenset(
    [
        "Paris",
        "London",
        "Berlin",
        "Rome",
        "Madrid",
        "Vienna",
        "Moscow",
        "Beijing",
        "Tokyo",
        "Delhi",
        "Mumbai",
        "Cairo",
        "Lagos",
        "Nairobi",
        "Sydney",
        "Melbourne",
        "Toronto",
        "Montreal",
        "Vancouver",
        "Chicago",
        "Boston",
        "Seattle",
        "Houston",
        "Dallas",
        "Atlanta",
        "Miami",
        "Denver",
        "Detroit",
        "Philadelphia",
        "Pittsburgh",
        "Cleveland",
        "Baltimore",
        "Washington",
        "California",
        "Texas",
        "Florida",
        "Ohio",
        "Georgia",
        "Virginia",
        "Michigan",
        "Illinois",
        "Pennsylvania",
        "Arizona",
        "Colorado",
        "Oregon",
        "Nevada",
        "Utah",
        "Iowa",
        "Kansas",
        "Missouri",
        "Minnesota",
        "Wisconsin",
        "Alabama",
        "Mississippi",
        "Tennessee",
        "Kentucky",
        "Maryland",
        "England",
        "Scotland",
        "Wales",
        "Ireland",
        "France",
        "Germany",
        "Italy",
        "Spain",
        "Portugal",
        "Greece",
        "Turkey",
        "Russia",
        "China",
        "Japan",
        "India",
        "Pakistan",
        "Iran",
        "Iraq",
        "Israel",
        "Egypt",
        "Libya",
        "Nigeria",
        "Kenya",
        "Ethiopia",
        "Canada",
        "Mexico",
        "Brazil",
        "Argentina",
        "Chile",
        "Peru",
        "Colombia",
        "Australia",
        "Austria",
        "Belgium",
        "Denmark",
        "Sweden",
        "Norway",
        "Finland",
        "Poland",
        "Hungary",
        "Romania",
        "Bulgaria",
        "Ukraine",
        "Switzerland",
        "Netherlands",
        "Europe",
        "Asia",
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Vietnam",
        "Thailand",
        "Indonesia",
        "Malaysia",
        "Philippines",
        "Singapore",
        "Korea",
        "Taiwan",
        "Afghanistan",
        "Syria",
        "Lebanon",
        "Jordan",
        "Yemen",
        "Cuba",
        "Haiti",
        "Jamaica",
        "Venezuela",
        "Ecuador",
        "Bolivia",
        "Uruguay",
        "Paraguay",
        "Manchester",
        "Liverpool",
        "Birmingham",
        "Glasgow",
        "Edinburgh",
        "Dublin",
        "Belfast",
        "Oxford",
        "Cambridge",
        "Munich",
        "Hamburg",
        "Frankfurt",
        "Milan",
        "Naples",
        "Venice",
        "Florence",
        "Barcelona",
        "Lisbon",
        "Athens",
        "Istanbul",
        "Warsaw",
        "Prague",
        "Budapest",
        "Brussels",
        "Amsterdam",
        "Stockholm",
        "Oslo",
        "Copenhagen",
        "Helsinki",
        "Zurich",
        "Geneva",
        "Shanghai",
        "Wuhan",
        "Seoul",
        "Bangkok",
        "Jakarta",
        "Manila",
        "Hanoi",
        "Nicaragua",
        "Honduras",
        "Guatemala",
    ]
)
