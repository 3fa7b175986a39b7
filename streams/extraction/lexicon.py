"""Closed classes of English words that rules lean on: countries, nationalities, languages, occupations, animals.

Data, free of I/O. A gap costs a memory that is not made; a wrong entry makes wrong ones, so ambiguous words stay out.
"""

from __future__ import annotations

from typing import Final


def words(text: str) -> frozenset[str]:
    """The words of `text`; an underscore joins those that make one term."""
    return frozenset(word.replace("_", " ") for word in text.split())


COUNTRIES: Final = words(
    "afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas bahrain "
    "bangladesh barbados belarus belgium belize benin bhutan bolivia bosnia botswana brazil brunei bulgaria burundi "
    "cambodia cameroon canada chile china colombia congo costa_rica croatia cuba cyprus czechia czech_republic "
    "denmark dominican_republic ecuador egypt el_salvador england eritrea estonia ethiopia fiji finland france gabon "
    "gambia germany ghana great_britain greece greenland grenada guatemala guinea guyana haiti holland honduras "
    "hungary iceland india indonesia iran iraq ireland israel italy ivory_coast jamaica japan kazakhstan kenya kosovo "
    "kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein lithuania madagascar malawi malaysia "
    "maldives mali malta mauritania mauritius mexico moldova mongolia montenegro morocco mozambique myanmar namibia "
    "nepal netherlands the_netherlands new_zealand nicaragua niger nigeria north_korea north_macedonia "
    "northern_ireland norway oman pakistan palestine panama paraguay peru philippines the_philippines poland portugal "
    "qatar romania russia rwanda saudi_arabia scotland senegal serbia sierra_leone slovakia slovenia somalia "
    "south_africa south_korea spain sri_lanka sudan suriname sweden switzerland syria taiwan tajikistan tanzania "
    "thailand togo tonga trinidad tunisia turkey turkmenistan uganda ukraine united_arab_emirates united_kingdom "
    "the_united_kingdom united_states the_united_states the_us the_usa usa the_uk uk the_states uruguay uzbekistan "
    "venezuela vietnam wales yemen zambia zimbabwe"
)
REGIONS: Final = words(
    "africa america asia europe south_america north_america latin_america central_america the_middle_east scandinavia "
    "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois "
    "indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri "
    "montana nebraska nevada new_hampshire new_jersey new_mexico north_carolina north_dakota ohio oklahoma oregon "
    "pennsylvania rhode_island south_carolina south_dakota tennessee texas utah vermont virginia west_virginia "
    "wisconsin wyoming ontario alberta british_columbia bavaria catalonia andalusia tuscany sicily algarve alentejo "
    "normandy brittany bali crete queensland tasmania silicon_valley the_midwest midwest the_south the_north "
    "the_bay_area"
)
"""Larger than a city and no country: a home there is neither a `home_city` nor a `home_country`."""
CITIES: Final = words(
    "amsterdam athens atlanta auckland austin bangalore bangkok barcelona beijing belgrade berlin bogota boston "
    "bratislava brisbane brussels bucharest budapest buenos_aires cairo calgary cape_town caracas casablanca chennai "
    "chicago cologne copenhagen dallas delhi denver detroit dubai dublin edinburgh florence frankfurt geneva glasgow "
    "hamburg hanoi helsinki hong_kong houston istanbul jakarta jerusalem johannesburg karachi kiev krakow "
    "kuala_lumpur kyiv kyoto la lagos las_vegas leeds lima lisbon liverpool ljubljana london los_angeles lyon madrid "
    "manchester manila melbourne mexico_city miami milan minneapolis montreal moscow mumbai munich nairobi nashville "
    "new_delhi new_orleans new_york nyc new_york_city osaka oslo ottawa paris perth philadelphia phoenix portland "
    "porto prague quito riga rio_de_janeiro rome rotterdam san_diego san_francisco santiago sao_paulo seattle seoul "
    "shanghai singapore sofia stockholm stuttgart sydney taipei tallinn tehran tel_aviv tokyo toronto turin valencia "
    "vancouver venice vienna vilnius warsaw washington zagreb zurich"
)
"""Large cities known in lower case too; any capitalised name will do elsewhere."""
NATIONALITIES: Final = words(
    "afghan albanian algerian american angolan argentinian argentine armenian australian austrian azerbaijani "
    "bangladeshi belarusian belgian bolivian bosnian brazilian british bulgarian cambodian cameroonian canadian "
    "chilean chinese colombian congolese croatian cuban cypriot czech danish dominican dutch ecuadorian egyptian "
    "english eritrean estonian ethiopian filipino filipina finnish french georgian german ghanaian greek guatemalan "
    "haitian honduran hungarian icelandic indian indonesian iranian iraqi irish israeli italian jamaican japanese "
    "jordanian kazakh kenyan korean kurdish latvian lebanese libyan lithuanian malaysian maltese mexican moldovan "
    "mongolian moroccan mozambican namibian nepalese nepali nicaraguan nigerian norwegian pakistani palestinian "
    "panamanian paraguayan persian peruvian polish portuguese puerto_rican romanian russian rwandan salvadoran saudi "
    "scottish senegalese serbian singaporean slovak slovenian somali south_african spanish sri_lankan sudanese "
    "swedish swiss syrian taiwanese tanzanian thai tunisian turkish ugandan ukrainian uruguayan uzbek venezuelan "
    "vietnamese welsh zambian zimbabwean"
)
LANGUAGES: Final = words(
    "afrikaans albanian amharic arabic armenian azerbaijani basque bengali bosnian bulgarian cantonese catalan "
    "chinese croatian czech danish dutch english estonian esperanto farsi filipino finnish flemish french galician "
    "georgian german greek gujarati hebrew hindi hungarian icelandic igbo indonesian irish italian japanese kannada "
    "kazakh korean kurdish latin latvian lithuanian malay malayalam maltese mandarin marathi mongolian nepali "
    "norwegian pashto persian polish portuguese punjabi romanian russian serbian sinhala slovak slovenian somali "
    "spanish swahili swedish tagalog tamil telugu thai tibetan turkish ukrainian urdu uzbek vietnamese welsh yiddish "
    "yoruba zulu asl sign_language"
)
OCCUPATIONS: Final = words(
    "accountant actor actress administrator analyst anthropologist archaeologist architect archivist artist assistant "
    "astronomer attorney auditor author baker banker barber barista bartender biologist bookkeeper botanist "
    "bricklayer broker builder butcher carer caregiver carpenter cashier chef chemist clerk coach comedian composer "
    "consultant contractor cook copywriter counselor counsellor curator dancer dentist designer detective developer "
    "dietitian director dj doctor driver economist editor electrician engineer entrepreneur farmer filmmaker "
    "firefighter fisherman florist freelancer gardener geologist hairdresser historian housewife illustrator "
    "instructor interpreter investor janitor journalist judge lawyer lecturer librarian lifeguard linguist locksmith "
    "manager marketer mathematician mechanic midwife model musician nanny neurologist novelist nurse nutritionist "
    "officer optician painter paralegal paramedic pastor pediatrician pharmacist photographer physician physicist "
    "physiotherapist pianist pilot plumber podcaster poet policeman politician postman potter priest principal "
    "producer professor programmer psychiatrist psychologist publisher rapper realtor recruiter researcher sailor "
    "salesman salesperson scientist sculptor secretary sergeant singer soldier specialist statistician stockbroker "
    "student superintendent supervisor surgeon surveyor sysadmin tailor teacher technician therapist trader trainer "
    "translator treasurer tutor vet veterinarian waiter waitress welder writer"
)
ROLE_NOUNS: Final = OCCUPATIONS - words("student author model judge officer driver principal cook artist potter")
"""Those that name a job even on their own; the rest needs a word before it (`bus driver`) or `work as`."""
ANIMALS: Final = words(
    "dog puppy pup cat kitten rabbit bunny hamster gerbil guinea_pig parrot parakeet budgie canary cockatiel goldfish "
    "turtle tortoise snake gecko lizard iguana ferret horse pony hedgehog chinchilla donkey goat tarantula labrador "
    "retriever golden_retriever german_shepherd husky beagle poodle corgi chihuahua dachshund pug bulldog terrier "
    "border_collie greyhound tabby"
)
CONDITIONS: Final = words(
    "adhd alzheimer's anemia anaemia anxiety arthritis asperger's asthma autism bipolar_disorder cancer "
    "celiac_disease coeliac_disease celiac chronic_fatigue chronic_pain copd crohn's crohn's_disease cystic_fibrosis "
    "dementia depression diabetes dyslexia dyspraxia eczema endometriosis epilepsy fibromyalgia glaucoma gout "
    "hay_fever hemophilia high_blood_pressure high_cholesterol hypertension hypothyroidism hyperthyroidism ibs "
    "insomnia lupus lyme_disease migraines multiple_sclerosis narcolepsy ocd osteoporosis parkinson's pcos psoriasis "
    "ptsd rheumatoid_arthritis rosacea scoliosis sleep_apnea tinnitus tourette's type_1_diabetes type_2_diabetes "
    "ulcerative_colitis vertigo vitiligo"
)
MEDICATIONS: Final = words(
    "adderall albuterol amlodipine antidepressants antihistamines atorvastatin beta_blockers birth_control "
    "blood_thinners citalopram concerta escitalopram fluoxetine gabapentin insulin levothyroxine lexapro lisinopril "
    "lithium losartan melatonin metformin methotrexate omeprazole ozempic prednisone prozac ritalin sertraline "
    "statins vyvanse warfarin wellbutrin xanax zoloft"
)
DIETS: Final = words(
    "vegan vegetarian pescatarian pescetarian flexitarian lactose_intolerant gluten_free gluten-free dairy_free "
    "dairy-free gluten_intolerant keto halal kosher"
)
HOBBIES: Final = words(
    "soccer football basketball baseball volleyball tennis badminton squash golf hockey rugby cricket handball "
    "lacrosse softball ping_pong table_tennis pool snooker darts chess checkers poker bridge scrabble sudoku dnd d&d "
    "dungeons_and_dragons video_games videogames board_games card_games guitar piano violin viola cello bass drums "
    "flute clarinet saxophone trumpet trombone harp ukulele banjo accordion harmonica keyboard keyboards minecraft "
    "fortnite yoga pilates karate judo taekwondo jiu_jitsu kickboxing boxing ballet gymnastics crossfit meditation "
    "archery fencing parkour zumba origami pottery photography calligraphy"
)
"""What follows `I play` or `I do` and names a pastime."""
OWNABLES: Final = words(
    "car house apartment flat condo bike bicycle motorbike motorcycle scooter van truck boat yacht caravan camper "
    "guitar piano violin drum_kit ukulele keyboard laptop macbook pc desktop computer tablet ipad iphone kindle "
    "camera drone telescope printer 3d_printer playstation ps4 ps5 xbox nintendo_switch switch tv garden greenhouse "
    "pool studio farm restaurant store shop business company bakery cafe podcast blog youtube_channel "
    "vegetable_garden tesla toyota honda bmw audi ford jeep volvo vespa thinkpad raspberry_pi"
)
FAMILY: Final = {
    **dict.fromkeys(
        ("wife", "husband", "girlfriend", "boyfriend", "fiance", "fiancé", "fiancee", "fiancée"), "partner"
    ),
    **dict.fromkeys(("partner", "spouse", "gf", "bf"), "partner"),
    **dict.fromkeys(("mother", "mom", "mum", "mommy", "mama"), "mother"),
    **dict.fromkeys(("father", "dad", "papa"), "father"),
    **dict.fromkeys(("son", "daughter", "child", "kid", "baby", "stepson", "stepdaughter"), "child"),
    **dict.fromkeys(("brother", "sister", "twin", "sibling", "stepbrother", "stepsister", "bro", "sis"), "sibling"),
    **dict.fromkeys(("friend", "bestie", "buddy", "bff"), "friend"),
    **dict.fromkeys(("colleague", "coworker", "co-worker", "boss", "manager", "teammate"), "colleague"),
    **dict.fromkeys(("aunt", "uncle", "cousin", "niece", "nephew", "grandmother", "grandfather"), "relative"),
    **dict.fromkeys(("grandma", "grandpa", "granny", "granddaughter", "grandson", "godmother"), "relative"),
    **dict.fromkeys(("father-in-law", "mother-in-law", "sister-in-law", "brother-in-law"), "relative"),
}
"""The word for a person, and the slot of `relation` it fills."""
NOT_NAMES: Final = words(
    "i i'm i've i'll i'd the a an and but or so because if when while what where who how why that this these those "
    "there it it's he she they we you your his her their our my me us is are was were am be been do does did have has "
    "had can could will would should may might must not no yes yeah ok okay well oh hey hi hello also just really "
    "very today yesterday tomorrow tonight now then monday tuesday wednesday thursday friday saturday sunday january "
    "february march april june july august september october november december christmas easter in on at to of for "
    "with from by as about after before since until lol omg haha btw god jesus mr mrs ms dr everyone someone anyone "
    "thanks thank please unfortunately actually recently currently usually too both all some any lately however "
    "although though"
)
"""Capitalised words that begin a sentence or a clause more often than they name anybody."""
PASTIMES: Final = words(
    "surfing skiing snowboarding climbing rock_climbing bouldering painting cooking baking running jogging dancing "
    "gardening knitting crocheting sewing fishing hiking cycling biking swimming kayaking rowing sailing skating "
    "ice_skating skateboarding writing drawing sketching singing camping birdwatching bird_watching woodworking "
    "weightlifting lifting_weights diving scuba_diving snorkeling horseback_riding horse_riding martial_arts "
    "playing_chess volunteering blogging vlogging gaming streaming brewing quilting embroidery journaling bowling "
    "paddleboarding paragliding backpacking"
)
"""What one takes up, starts or goes: a pastime by its verb."""
