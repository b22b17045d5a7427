"""The columns of every table: name, type, unit, meaning. A world is these tables and nothing else.

Each block below is both the documentation and the declaration. A row is an entity; an index into another table is an
i4 column whose unit is the table's name, with -1 for none; a *ref* (see `refs`) can name an entity of any kind.

It is long until the mechanisms have taken what is theirs (docs/decisions/0011).
"""

from __future__ import annotations

from ..declare.columns import Table, table

_TABLES: dict[str, Table] = {}


def _table(name: str, meaning: str, columns: str, dimensions: int = 1) -> Table:
    _TABLES[name] = table(name, meaning, columns, dimensions)
    return _TABLES[name]


# ------------------------------------------------------------------------------------------------ the world

STATE = _table(
    "state",
    "the world as a whole, one row",
    """
    time          f8 s        the present moment, from the start of the scenario
    seed          u8 -        the luck that this world began with
    luck          u8 -        the luck of every draw from now on; another than `seed` once chance fell anew
    changed       i8 -        topics changed since the rules last looked (bits of `topics`)
    raised        i8 -        topics changed since the deciders last looked
    noted         i8 -        how many notes of who has changed were written to `journal`
    counted       i8 -        up to which of them `tallies` are accounted for
    sailed        i8 -        how often something about a vessel has changed
    fatal         f8 s        when the next person will have taken the dose that kills; infinity for never
    balances      f8 s        when ties between sides next move towards balance; infinity for never
    paces         i8 -        how often the answer to the hook "pace on foot" has changed
    paced         i8 -        up to which change of it those on foot have been slowed
    entries       i4 -        how many entries the chronicle holds
    room          i4 -        how many it may hold at the end of the present step
    pending       i4 -        how many rows of `requests` are in use
    live          i4 -        how many of them still wait
    formed        i4 -        how many rows of `parties` have been in use
    written       i4 -        how many entries there were when the request that is carried out was taken
    taken         i4 -        the row of that request
    sent          i4 -        how many rows of `messages` are in use
    status        i4 -        why `play` last returned
    ending        i4 ending   the ending that was reached
    ends          i1 -        1 when the condition that ends the story held at this instant, 2 once it closes
    ends_next     f8 s        when that condition may change by itself
    waiting       i4 decision the decision that waits for somebody outside to choose
    broken        i4 -        which guard was broken, 0 for none
    culprit       i4 ref      what broke it; -1 when that is not known
    steps         i8 -        how many steps systems have taken
    moment        f8 s        since when the steps of the present instant are counted
    instant       i4 -        how many steps systems have taken since then
    draws         i8 -        counter that numbers occurrences of effects
    pause         i1 -        1 while somebody outside asks playing to pause before its next step; 0 once it has
    work          i8 -        how much work the loops of the present step have done, about a nanosecond each; 0 between steps
    quick         i1 -        1 while a condition is looked at for its truth alone
    until         f8 s        up to when `play` plays at present; 0 between two calls
    """,
)

DUE = _table(
    "due",
    "one row a system: when it last ran and when it next wants to run",
    """
    next          f8 s        when the system next wants to run; infinity is asleep
    last          f8 s        when it last ran
    calls         i8 -        how often it ran
    noted         i8 -        up to which note of `journal` it has read
    sailed        i8 -        how often something about a vessel had changed when it last looked at them
    listens       i8 -        topics (bits of `topics`) whose change wakes it
    woken         i1 -        1 once something else has woken it, until it takes note of that
    """,
)

PEOPLE = _table(
    "people",
    "every body, named or of a crowd; the named come first, and share their row number with `minds`",
    """
    key           u8 -        key of this person's luck
    faction       i4 faction  side
    crowd         i4 crowd    the crowd that this body belongs to
    place         i4 place    where the person is; -1 on the way
    status        i1 -        ACTIVE, HELD or DEAD
    destination   i4 place    where a person under way goes
    departed      f8 s        when the journey began
    arrives       f8 s        when it ends
    from_x        f8 m        where the journey began
    from_y        f8 m        where the journey began
    to_x          f8 m        where the journey leads
    to_y          f8 m        where the journey leads
    journey       i4 entry    the entry of setting out
    ground        i4 map      the map on which somebody stopped in the open, at no place, is
    x             f8 m        position on the map of the place, at the last update
    y             f8 m        position on the map of the place, at the last update
    party         i4 party    the party on the march
    leader        i4 person   whom this person follows wherever that one goes
    bears         i4 person   whom this person helps to carry
    borne         i4 -        how many carry this person
    bearing       f8 kg       what this person carries of somebody else
    lag           f8 m        how far behind the party this person has fallen
    holder        i4 faction  who holds this person in custody
    consent       i1 -        1 when the person agreed to be moved
    moved         i1 -        1 when the person was taken from home without consent
    home          i4 place    where the person lives
    suit          f8 1        signature left by what the person wears; 1 is in plain sight
    suited        i1 -        1 while the suit is on
    seen          i1 -        1 once an observer has detected this person
    tag           i4 swarm    the swarm that tagged this person
    found         i4 swarm    the swarm that has found this person and not yet tagged them
    heels         i4 -        drones with positions within reach of this person
    lines         i4 -        in the lines of how many transporters this person is; see `waits`
    slot          i4 slot     the slot of a transporter that this person is on; -1 for none
    origin        i4 place    where a transporter that carries this person has taken them up; -1 in the open
    mass          f8 kg       body mass
    pace          f8 1        free walking speed over 1.34 m/s
    reserve       f8 J        anaerobic reserve left at `walks_from`
    effort        f8 W        power at which this person has walked since, or will
    walks_from    f8 s        up to when their reserve is accounted for
    walks_until   f8 s        when they stop walking
    load          f8 kg       what the person carries
    age           f8 year     calendar age
    age_start     f8 year     calendar age at the start
    biological    f8 year     biological age
    biological_start f8 year  biological age at the start
    frailty       f8 1        multiplies the hazard of death
    burden        f8 1        side effects of treatment; disfigurement is 1 - exp(-burden)
    treatment     f8 1        intensity of treatment, 0 to 1
    dose          f8 Gy       absorbed harmful dose
    lesion        f8 Gy       unrepaired part of the dose
    kill          f8 1        cell kill, -ln(surviving share)
    lit           i4 field    the field whose radiation reaches this person
    reach         f8 Gy/s     dose rate that it gives here while it is full
    shade         f8 1        share of what it releases that gets through to here
    met           f8 1        share of it that was left up to which this person has taken what it released
    met_at        f8 s        when that was
    lethal        f8 Gy       the dose that kills
    lethal_for    f8 1        the threshold of the clock of lethality for which that was reckoned
    rejuvenation  f8 1/year   rate at which it draws biological age towards its target at present
    pull          f8 1/year   the rate of that which the reckoning of age rests on
    pull_to       f8 year     the target that goes with it
    anchored      f8 s        from when on the present rates of ageing have held
    anchor_age    f8 year     biological age then
    anchor_burden f8 1        burden of treatment then
    died          f8 s        when the person died; infinity for not yet
    dies          f8 s        when age or an accident will kill if nothing changes; infinity for not in this story
    doom          f8 1        the threshold of the clock of death for which that was reckoned
    fate          i4 entry    what last changed how this person ages
    pursues       i4 person   the malfunctioning person whom this one is after
    damage        f8 1        damage of a machine, or wounds
    mode          i1 -        behaviour mode of a person that can malfunction
    machine       i1 -        1 for a person who is a machine
    clock_death   i4 clock    ageing
    clock_dose    i4 clock    lethal dose
    clock_tag     i4 clock    being found by drones
    clock_lock    i4 clock    being locked on
    entry         i4 entry    what last changed this person
    """,
)

JOURNAL = _table(
    "journal",
    "who has changed lately; note number n stands in row n modulo the number of rows",
    """
    person        i4 person   who; -1 for anybody
    """,
)

CHAINS = _table(
    "chains",
    "[list, person] lists of people, see `chains`; no columns when nobody ever follows, carries or goes anywhere on foot",
    """
    first         i4 person   who comes first in the list of this row: of a leader, of one who is carried, or of a party
    last          i4 person   who comes last in it
    before        i4 person   who comes before this person in the list that they are in
    after         i4 person   who comes after them
    """,
    dimensions=2,
)

AGENDAS = _table(
    "agendas",
    "heaps of what is due next, see `agenda`",
    """
    start         i4 -        first of its rows in `agenda`
    waiting       i4 -        how many are due
    """,
)

AGENDA = _table(
    "agenda",
    "the rows of all heaps, one heap after the other",
    """
    time          f8 s        when the row of this number is due; for parties that have come through, how early they were formed
    at            i4 -        where in the heap that row stands; -1 for not in it
    row           i4 -        the row that stands here in the heap; -1 for none
    """,
)

MUSTERS = _table(
    "musters",
    "one row a crowd: its rows of `people`, and its parties",
    """
    start         i4 -        its first row of `people`
    count         i4 -        how many there are
    turns         i4 -        how many parties of it have been formed
    """,
)

TALLIED = _table(
    "tallied",
    "how each person is counted in `tallies`",
    """
    faction       i4 faction  the side
    place         i4 place    where; -1 for nowhere, or dead
    words         i4 -        the words of `states.COUNTED` that fit, as bits
    """,
)

TALLIES = _table(
    "tallies",
    "how many of each crowd, and then of each faction, each word of `states.COUNTED` fits, and then are at each place",
    """
    number        i4 -        how many
    """,
    dimensions=2,
)

MINDS = _table(
    "minds",
    "the named people as ones who decide; row i is the mind of people[i]",
    """
    superior      i4 person   who gives this person orders
    post          i4 vessel   the vessel that this person commands
    precision     f8 1/util   how sharply this person follows utility (logit lambda)
    resigned      i1 -        1 after laying down the office
    relieved      i1 -        1 after being removed from it
    alert         f8 1        attention, multiplies what this person notices
    fear          f8 1        fear of the superior
    side          i4 faction  the side at the start, by which others are trusted who have done nothing since
    bonds         i4 -        the first of its rows of `bonds`
    bonded        i4 -        how many there are
    entry         i4 entry    what last changed this mind
    """,
)

VESSELS = _table(
    "vessels",
    "ships, shuttles, hidden vessels; each is also a place that people can be in",
    """
    key           u8 -        key of its luck
    faction       i4 faction  owner
    inside        i4 place    the place that is the inside of this vessel
    at            i4 place    where the vessel is; -1 while under way
    destination   i4 place    where it goes
    departed      f8 s        when it left
    arrives       f8 s        when it arrives
    from_x        f8 m        where it left from
    from_y        f8 m        where it left from
    chart         i4 map      the map on which it sails, or drifts
    to_x          f8 m        where it goes, as that was when it set out
    to_y          f8 m        where it goes
    course_x      f8 1        heading
    course_y      f8 1        heading
    leg_x         f8 m        start of the present stretch, on which nothing about its motion changes
    leg_y         f8 m        start of that stretch
    leg_began     f8 s        when that stretch began
    leg_ends      f8 s        when it ends
    leg_speed     f8 m/s      speed at its start
    slowed        i1 -        1 when that stretch lies inside a region with drag
    voyage        i4 entry    the entry of setting out
    x             f8 m        position at the last update
    y             f8 m        position at the last update
    speed         f8 m/s      cruising speed outside any region
    thrust        f8 m/s^2    acceleration inside a region with drag
    drag          f8 s        drag time inside that region
    mode          i1 -        STATION, UNDER_WAY, FIGHTING, WITHDRAWING, DISABLED or DESTROYED
    target        i4 vessel   whom it fires at
    fight         i4 -        the fight that it is in, from 1; 0 for none
    side          i4 -        its side in that fight, 0 or 1
    stance        i1 -        DEFENDS, ATTACKS or HOLDS_FIRE
    off           i1 -        1 once ordered to break off
    fight_x       f8 m        position in the frame of the fight
    fight_y       f8 m        position in the frame of the fight
    fought        f8 s        up to when its fight is accounted for
    fled          f8 1        exposure to getting clear so far
    flights       i4 -        counter that numbers its withdrawals
    quarrel       i4 entry    the attack that made it fight
    shield        f8 1        shield left
    shield_max    f8 1        full shield
    recharge      f8 1/s      shield regained per second
    down_until    f8 s        when a fallen shield starts again
    down_time     f8 s        how long a fallen shield stays down
    raised        i1 -        1 while shields are up
    hull          f8 1        hull left
    hull_max      f8 1        full hull
    breakpoint    f8 1        hull share at which it withdraws
    disabled_below f8 1       hull share at which it can neither fire nor move; 0 for never
    nerve         f8 1        predicted chance of winning below which it withdraws
    wanes         i1 -        1 when its fire falls with its hull, as that of a group of many ships does
    intercepts    i4 -        missiles of each exchange of volleys at which its defence shoots
    intercept     f8 1        chance that it stops one
    exchanges     i4 -        counter that numbers exchanges of volleys
    aimed         i4 -        scratch: missiles fired at it
    incoming      i4 -        scratch: those of them that will hit unless they are stopped
    weight        f8 1        scratch: damage that they would do
    aimed_by      i4 vessel   scratch: who fired one of them
    escape        f8 1/s      rate at which a withdrawing vessel gets clear
    cloak         f8 1        signature while cloaked; 1 is in plain sight
    cloaked       i1 -        1 while cloaked
    complement    i4 -        anonymous crew aboard
    captain       i4 person   who commands
    since         f8 s        up to when shields are accounted for
    entry         i4 entry    what last changed this vessel
    """,
)

WEAPONS = _table(
    "weapons",
    "weapons of vessels",
    """
    key           u8 -        key of its luck
    vessel        i4 vessel   whose weapon
    shots         i8 -        shots fired so far
    spent         f8 1        exposure since the last shot
    rate          f8 1/s      shots per second
    accuracy      f8 1        chance that a shot hits, at point blank
    falloff       f8 m        range at which the chance falls by e; infinity for none
    range         f8 m        greatest range
    damage        f8 1        damage of a hit
    volley        i4 -        missiles fired at once; 0 for shots one by one
    every         f8 s        time between volleys
    next          f8 s        when the next volley is due
    """,
)

MELEE = _table(
    "melee",
    "scratch: the vessels of the fight that is being moved, as `laws.ships` wants them",
    """
    vessel        i4 vessel   which vessel
    key           u8 -        key of this vessel and this flight
    side          i4 -        its side
    mode          i1 -        ENGAGED, WITHDRAWING or what became of it, in the words of `laws.ships`
    x             f8 m        position in the frame of the fight
    y             f8 m        position in the frame of the fight
    target        i4 -        row of the opponent fired at, or -1
    shield        f8 1        shield at `since`
    shield_max    f8 1        full shield; 0 while lowered
    recharge      f8 1/s      shield regained per second
    down_time     f8 s        how long a fallen shield stays down
    down_until    f8 s        when a fallen shield starts again
    since         f8 s        up to when the shield is accounted for
    hull          f8 1        hull left
    hull_max      f8 1        full hull
    disabled_below f8 1       hull share at which it can neither fire nor move
    breakpoint    f8 1        hull share at which it withdraws
    nerve         f8 1        predicted chance of winning below which it withdraws
    wanes         i1 -        1 when its fire falls with its hull
    ordered_off   i1 -        1 once ordered to break off
    escape        f8 1/s      rate at which it gets clear
    fought        f8 s        up to when its fight is accounted for
    fled          f8 1        exposure to getting clear so far
    ended         f8 s        when it was disabled, destroyed, or had escaped
    """,
)

MELEE_GUNS = _table(
    "melee_guns",
    "scratch: their weapons",
    """
    weapon        i4 -        which weapon
    key           u8 -        key of its luck
    vessel        i4 -        row of `melee` that carries it
    rate          f8 1/s      shots per second
    accuracy      f8 1        chance that a shot hits, at point blank
    falloff       f8 m        range at which the chance falls by e
    damage        f8 1        damage of a hit
    range         f8 m        greatest range
    rounds        i8 -        rounds left; negative: without end
    shots         i8 -        shots fired so far
    spent         f8 1        exposure since the last shot
    """,
)

RECKONING = _table(
    "reckoning",
    "scratch: what a captain counts when he reckons with his odds, up to 512 hits",
    """
    hits          i8 -        hits needed, by opponent
    rate          f8 1/s      hits taken, by opponent
    odds          f8 1        chances, by hits left
    """,
)

PADS = _table(
    "pads",
    "transporters, ferries and airlifts: pads that lock on and carry",
    """
    key           u8 -        key of its luck
    owner         i4 place    the place (a vessel's inside, or a station) that the system belongs to
    faction       i4 faction  who works it
    count         i4 -        how many work at once
    batch         i4 -        how many people each carries
    cycle         f8 s        time of one cycle
    attempts      f8 1/s      lock attempts per second and free pad
    gain          f8 1        mean lock margin at the reference distance
    reference     f8 m        that distance
    tag_gain      f8 1        gain from a tag on the person
    range         f8 m        greatest range
    absorption    f8 1/m      attenuation on the way
    powered       i1 -        1 while it can work
    arrived       i1 -        1 when somebody in line has come to where they wanted to be carried
    robbed        i1 -        1 when another transporter has just taken people off it
    jammed        i1 -        1 while somebody jams it, so that it can lock on to nobody
    line          i4 -        how many may wait; -1 for any number
    head          i4 person   who is first in line, those on it counted in
    tail          i4 person   who is last in line
    wanted        i4 -        how many are in line
    waiting       i4 -        how many wait at present
    turned_away   i4 -        how many found the line full
    asked         i4 -        how many have asked so far
    first_asked   f8 s        when the first of them asked
    carries       f8 1/s      how many people each that works at once can carry, on the average
    """,
)

SLOTS = _table(
    "slots",
    "what works at once in a transporter; each takes a batch at a time",
    """
    pad           i4 pad      of which transporter
    phase         i1 -        VACANT, LOCKING or CYCLING
    lead          i4 person   the first of the batch, whose luck is the batch's
    riders        i4 -        how many are on it
    ready         f8 s        when the cycle ends
    """,
)

WAITS = _table(
    "waits",
    "[transporter, person] how each person stands in the line of each transporter",
    """
    inline        i1 -        1 while in line, or on it
    ahead         i4 person   who comes before in line
    after         i4 person   who comes after
    goal          i4 place    where it will put this person
    asked         f8 s        when it was asked
    entry         i4 entry    the entry that asked it
    """,
    dimensions=2,
)

SWARMS = _table(
    "swarms",
    "groups of drones that hunt together",
    """
    key           u8 -        key of its luck
    faction       i4 faction  owner
    station       i4 place    where they come from
    left          i4 -        drones left
    tags          i4 -        tags placed
    active        i1 -        1 while hunting
    prey          i4 crowd    whom they hunt
    against       i4 faction  the side of most of those when it was sent out; its named are hunted too
    speed         f8 m/s      search speed
    width         f8 m        sweep width
    area          f8 m^2      area searched
    tag_rate      f8 1/s      attempts per second once on a target
    tag_chance    f8 1        chance that an attempt succeeds
    pad           i4 pad      the transporter that takes those tagged
    take_to       i4 place    where those taken are put
    defence       f8 1/s      losses that an armed defender causes, per second
    period        f8 s        how often the hunt is brought up to date
    refresh       f8 s        when next
    launched      f8 s        when they set out
    ground        i4 map      the map on which they hunt
    explicit      i1 -        1 when each drone has a position
    drone         i4 -        first row of its drones
    drones        i4 -        how many rows
    look          f8 s        time between looks of a drone with a position
    looks         i8 -        looks since the launch
    reach         f8 m        how near it must be to tag
    fire_range    f8 m        how near it must be to be fired at
    centre_x      f8 m        where the hunt began; positions of the hunt are seen from there
    centre_y      f8 m        where the hunt began
    room          i4 -        which of the blocks of columns of `hunted` is its own
    hunted        i4 -        how many columns are in use
    blocks        i4 -        into how many blocks they are divided
    stale         i1 -        1 when the hunted must be laid out anew
    noted         i8 -        up to which note of `journal` the columns are up to date
    clock_loss    i4 clock    the next drone lost
    launch        i4 entry    what sent them out
    entry         i4 entry    what last changed them
    """,
)

DRONES = _table(
    "drones",
    "drones of swarms that search with positions, seen from the centre of the hunt",
    """
    lost          i1 -        1 once shot down
    x             f4 m        position at its next look
    y             f4 m        position at its next look
    goal_x        f4 m        where it flies while it sees nobody
    goal_y        f4 m        where it flies while it sees nobody
    turn          i4 -        counter that numbers those points
    target        i4 person   whom it is after
    guess         i4 -        column of `hunted` of whom it was after last
    touches       i4 person   whom it is within reach of
    touched       i4 person   whom it was within reach of at the look before
    """,
)

DEVICES = _table(
    "devices",
    "machines that go through stages: bombs, pumps, harvesters, launchers",
    """
    key           u8 -        key of its luck
    faction       i4 faction  owner
    inside        i4 place    where somebody must be to work it by hand
    aboard        i4 vessel   the vessel that carries it
    stands        i4 place    the place where it stands, when no vessel carries it
    mode          i1 -        IDLE, STARTING, STARTING_BY_HAND, PAUSED, RUNNING, DONE, ABORTED or DESTROYED
    before        i1 -        the mode that a pause interrupted
    stage         i4 -        stage under way, from 0
    ends          f8 s        when the stage ends, while not paused
    left          f8 s        time left of the stage, while paused
    length        f8 s        how long the stage lasts in all, pauses apart
    began         f8 s        when the stage began
    by            i4 person   who works it by hand
    armed         i1 -        1 while the self-destruct is being armed, 2 while it counts down
    arm_stage     i4 -        arming stage under way
    arm_ends      f8 s        when that stage or the countdown ends
    arm_length    f8 s        how long that stage lasts in all
    armed_by      i4 person   who arms it
    broken        i1 -        1 once sabotaged, after which nothing can start it
    starts        i4 -        counter that numbers starts
    arms          i4 -        counter that numbers armings of the self-destruct
    entry         i4 entry    what last changed it
    arm_entry     i4 entry    what last changed its self-destruct
    """,
)

MESSAGES = _table(
    "messages",
    "words on their way",
    """
    sender        i4 person   who sent it
    receiver      i4 ref      person, council or faction
    fact          i4 fact     what it tells
    order         i4 order    what it orders
    channel       i4 channel  how it travels
    sent          f8 s        when it was handed in
    arrives       f8 s        when it arrives; infinity while no link is up
    state         i1 -        WAITING, IN_FLIGHT, ARRIVED or LOST
    weight        f8 nat      what the sender held of the fact when it was handed in
    roots         u8 -        roots of the evidence that it carries
    fails         i1 -        1 when it will be lost on the way
    holders       u8 -        who holds it: bit 0 the sender, from bit 1 on the relays of its channel
    hops          i4 -        how often it was passed on
    entry         i4 entry    the entry of its sending, or of what last moved it on
    arrival       i4 entry    the entry of its arrival
    """,
)

LINKS = _table(
    "links",
    "channels that come and go, one row a channel",
    """
    key           u8 -        key of its luck
    up            i1 -        1 while it works
    occurrence    u4 -        how often it has changed
    since         f8 s        when it last changed
    changes       f8 s        when it changes next
    """,
)

COUNCILS = _table(
    "councils",
    "bodies that take a decision together",
    """
    key           u8 -        key of its luck
    faction       i4 faction  side
    place         i4 place    where it sits
    members       i4 -        how many vote
    quorum        i4 -        how many must have answered
    response      f8 s        mean time until a member answers
    stages        i4 -        stages of deliberation
    stage_time    f8 s        mean time of a stage
    stage_shape   f8 1        shape of the gamma law of a stage
    competence    f8 1        chance that a member judges rightly
    matter        i4 fact     what it deliberates
    convened      f8 s        when it was convened; infinity for not yet
    decides       f8 s        when it will have decided
    verdict       i1 -        0 none yet, 1 it acts, 2 it does not
    sessions      i4 -        counter that numbers sessions
    entry         i4 entry    what last changed it
    """,
)

FIELDS = _table(
    "fields",
    "sources of radiation, good or bad",
    """
    strength      f8 Gy/s     source strength: what an area of r^2 gives at the distance r, times 4 pi
    inner         f8 m        inner radius of the ring
    outer         f8 m        outer radius
    height        f8 m        height of the ring above the places it shines on
    absorption    f8 1/m      attenuation on the way
    stock         f8 1        share of the source left, at `since`
    level         f8 1        share left as benefit and healing reckon with it: it follows the stock in small steps
    shown         f8 1        the level that the people it reaches were last told of
    relevel       f8 s        when it follows next; infinity while the stock stands still
    low           f8 1        share left below which the field counts as drained
    empties       f8 s        when the stock falls to that
    drain         f8 1/s      rate at which it is drained at present
    draw          f8 1/s      rate at which its device drains it while that runs
    toxicity      f8 Gy       dose released on the surface per unit drained
    efficiency    f8 1        share collected of what is drained
    collected     f8 1        collected so far
    benefit       f8 1/year   greatest rate of rejuvenation
    half          f8 Gy/s     dose rate of half that benefit
    exponent      f8 1        Hill exponent
    target_age    f8 year     biological age towards which the field draws
    healing       f8 1/s      greatest rate of healing of tissues
    machine       i4 device   the device that drains it
    since         f8 s        when the rate of now began
    entry         i4 entry    what last changed it
    """,
)

TISSUES = _table(
    "tissues",
    "tissues that can be lost and can regrow, each of one person",
    """
    person        i4 person   whose
    kind          i4 tissue   which tissue
    integrity     f8 1        share intact, at `since`
    since         f8 s        when the rates of now began
    needed        f8 1        share needed to work
    fades         f8 1/s      rate at which it is lost without a field
    heals         f8 1/s      rate at which the field that reaches the person heals it at present
    turns         f8 s        when it will come to work, or cease to, if nothing changes
    works         i1 -        1 while it works
    entry         i4 entry    what last changed it
    """,
)

SENSORS = _table(
    "sensors",
    "eyes and instruments that watch for given targets",
    """
    key           u8 -        key of its luck
    owner         i4 ref      the person, crowd, vessel or place that looks
    height        f8 m        height of the eye above the ground
    visual        f8 m^3/s    visual constant of the inverse cube law
    attention     f8 1        share of time spent looking
    absorption    f8 1/m      attenuation between eye and target
    reports_to    i4 person   who learns of a detection, when the owner has no mind
    fact          i4 fact     what a detection teaches
    weight        f8 nat      weight of evidence of a detection
    active        i1 -        1 while watching
    period        f8 s        how often the watch is brought up to date
    alert         f8 1        factor of attention to targets near one that was seen
    cue           f8 m        how near
    looks         f8 s        time between looks of an instrument; 0 is an eye that watches all the time
    false_alarm   f8 1        chance of a false alarm a look
    snr           f8 1        signal-to-noise ratio of a bare target at the reference range
    reference     f8 m        that range
    order         f8 1        power with which the signal falls with range: 4 active, 2 passive
    clock_alarm   i4 clock    false alarms
    entry         i4 entry    what last changed it
    """,
)

PAIRS = _table(
    "pairs",
    "one sensor and one target",
    """
    sensor        i4 sensor   who looks
    target        i4 ref      what may be seen
    clock         i4 clock    exposure so far
    detected      i1 -        1 once seen
    since         f8 s        since when the sensor has looked, and the target moved, as they do now
    strength      f8 m^3/s    strength of the eye on the target since then; a share for an instrument
    attention     f8 1        attention since then
    x             f8 m        where the target was then, seen from the sensor
    y             f8 m        where the target was then, seen from the sensor
    vx            f8 m/s      its motion relative to the sensor
    vy            f8 m/s      its motion relative to the sensor
    from_x        f8 m        where it would have been at the start of the scenario, moving so all the time
    from_y        f8 m        where it would have been at the start of the scenario, moving so all the time
    until         f8 s        when the motion of one of the two ends; infinity for not known
    sees          f8 s        when it will be seen if all goes on so; infinity for not in this stretch of the watch
    watched       f8 s        when that stretch began; minus infinity before the first
    entry         i4 entry    the detection
    """,
)

BELIEFS = _table(
    "beliefs",
    "[mind, fact] what each mind holds of each fact, which may be wrong",
    """
    odds          f8 nat      log-odds that the fact is true
    roots         u8 -        roots of evidence already counted
    told_by       i4 person   who told it last
    since         f8 s        when it was first known
    known         i1 -        1 once the log-odds passed the threshold of knowing
    staged        i4 -        1 + row of the staged place that some of the evidence comes from; 0 for none
    feigned       f8 nat      weight of that evidence
    feigned_roots u8 -        its roots
    entry         i4 entry    what last changed it
    """,
    dimensions=2,
)

ROOTS = _table(
    "roots",
    "[fact, root] the first sources of evidence about a fact; 64 at most each",
    """
    source        i4 ref      person, place, sensor or event from which the evidence first came
    weight        f8 nat      weight of that evidence
    """,
    dimensions=2,
)

FACTS = _table(
    "facts",
    "what is so",
    """
    key           u8 -        key of the luck of messages about it
    true          i1 -        1 when it is so
    sources       i4 -        roots in use
    prior         f8 nat      log-odds before any evidence
    entry         i4 entry    what last changed it
    """,
)

BONDS = _table(
    "bonds",
    "what one of the named holds for another: both directions of each pair that something can move, by who and whom",
    """
    who           i4 person   the first
    whom          i4 person   the second
    back          i4 -        the row of what the second holds for the first
    affection     f8 1        liking, negative for dislike, at `felt`
    felt          f8 s        when the law by which affection moves last changed
    dormant       f8 1        an old affection that contact can wake
    decay         f8 1/s      rate at which affection returns to rest
    response      f8 1/s      rate of response to the other's affection
    appeal        f8 1/s      constant pull
    kept          f8 1        promises kept, r of beta trust
    broken        f8 1        promises broken, s of beta trust
    kin           f8 1        coefficient of kinship
    together      i1 -        1 when the pull acts only while both are at the same place
    noise         f8 1/s^.5   random drift of affection
    near          i1 -        1 while both are at the same place, 0 while they are not, -1 when one is dead
    close         i1 -        1 while the two count as close
    marks         f8 s        when the pair passes its next mark of closeness in this period; infinity for not in it
    foreseen      f8 s        from when on that was worked out
    rests         i1 -        1 when the affections of the pair move no more
    contact       f8 s        when they last met or parted
    counted       f8 s        up to when the fading of promises is accounted for
    entry         i4 entry    what last changed it
    """,
)

TIES = _table(
    "ties",
    "[faction, faction] how one side stands to another",
    """
    key           u8 -        key of the ordered pair
    value         f8 1        from -1, enemies, to 1, friends
    grudge        f8 nat      log-odds of not forgiving, at the time of the offence
    offended      f8 s        when the offence was
    forgiven      i1 -        1 once forgiven
    asked         i4 -        how often forgiveness was asked for
    entry         i4 entry    what last changed it
    """,
    dimensions=2,
)

PARTIES = _table(
    "parties",
    "groups on the march",
    """
    key           u8 -        key of its luck
    crowd         i4 crowd    of whom
    route         i4 route    the way they take
    leg           i4 leg      the leg that they are on
    entered       f8 s        when they entered it
    leaves        f8 s        when they will leave it
    tires         f8 s        when the next of them will have spent their reserve; infinity where that holds nobody up
    speed         f8 m/s      present pace
    factor        f8 1        by what others multiply it now: the hook "pace on foot"
    members       i4 -        people with it
    started       f8 s        when they set out
    told          f8 s        when they were told to
    delay         f8 s        median time until they do
    walked        f8 m        distance behind them
    state         i1 -        WAITING, WALKING, ARRIVED or STOPPED
    turn          i4 -        which party of its crowd it is, from 0
    behind        f8 1        share of its leg that was behind it when its pace was last set, or it was stopped
    train         f8 s        how long after its first its last comes by
    queues        i1 -        NO_LINE, AT_THE_START or AT_THE_END of its leg, in line
    entry         i4 entry    what set them on the way
    """,
)

GATES = _table(
    "gates",
    "narrow places, each shared by all the legs that lead through it: gates, and the starts of ways with a width",
    """
    free          f8 s        when all who came to it so far will be through
    """,
)

CLOCKS = _table(
    "clocks",
    "exponential clocks: one threshold each, against the exposure so far",
    """
    stream        u4 -        purpose, a constant of `chance`
    key           u8 -        key of the entity or pair
    occurrence    u4 -        how often it has rung
    spent         f8 1        exposure so far
    threshold     f8 1        exposure at which it rings
    rate          f8 1/s      present rate
    at            f8 s        up to when exposure is accounted for
    """,
)

RULES_STATE = _table(
    "rules_state",
    "how each rule stands",
    """
    held          i1 -        1 while its condition held when last looked at
    ready         i1 -        1 when it fires in this pass, 2 when it lets its occasion pass
    waits         i4 -        how often it has begun to wait for an occasion, clocks apart
    beats         i8 -        how many beats of its clock are past
    renewed       i1 -        1 when it did so last because it had an occasion before
    fired         i4 -        how often it has fired
    over          i1 -        1 when it has fired, or let the one firing that it has pass, for good
    firing        i4 entry    the entry of its firing in this pass
    next          f8 s        when its condition may change by itself
    fires         f8 s        when it fires after a delay; infinity for none
    rose          f8 s        when that delay began
    clock         i4 clock    for rules with a rate
    suppressed    i1 -        KEPT, SUPPRESSED, or SKIPPED: what an experiment has done to the rule
    entry         i4 entry    what made the condition hold
    entry2        i4 entry    second cause
    entry3        i4 entry    third cause
    """,
)

RULE_TIMES = _table(
    "rule_times",
    "when each rule wants to be looked at; a table of its own, since every pass goes over all of it",
    """
    due           f8 s        when it may next fire by itself, or its condition may change by itself
    """,
)

DECISIONS_STATE = _table(
    "decisions_state",
    "how each decision stands",
    """
    held          i1 -        1 while its condition held when last looked at
    taken         i4 -        how often it was taken
    chosen        i4 option   the option last chosen
    picked        i4 option   the option settled on at this very instant
    at            f8 s        when
    next          f8 s        when its condition may change by itself
    decides       f8 s        when deliberation ends; infinity for none
    raised        f8 s        when it began
    renewed       i1 -        1 when it began because the question had been answered before
    forced        i4 option   an option that was fixed from outside
    outside       i1 -        1 when somebody outside chooses
    suppressed    i1 -        1 when an experiment has taken the decision away
    entry         i4 entry    the entry of the choice
    raises        i8 -        how often it was raised
    evidence      f8 1        where a deliberation stands, between -1 and 1
    settled       f8 s        up to when that is reckoned
    drift         f8 1/s      its drift until the decider next takes notice
    turned        f8 1/s      its drift from then on
    until         f8 s        its deadline
    heeds         f8 s        when drifting utilities are next looked at
    draws         i8 -        numbers drawn for it
    leans         i4 option   the answer that it leads to if nothing changes
    swayed        i1 -        1 when persuasion has shifted it since the last look
    anticipated   i1 -        1 while somebody reckons with its answer
    cause         i4 entry    what raised the question
    cause2        i4 entry    second cause
    cause3        i4 entry    third cause
    """,
)

OPTIONS_STATE = _table(
    "options_state",
    "how each option stands",
    """
    taken         i4 -        how often it was chosen
    leaning       f8 1        shift of utility by persuasion
    appeals       i4 -        how often persuasion was tried
    foreseen      f8 1        chance that it is taken, as those reckon who anticipate it
    reckoned      f8 1        scratch: that chance in the next round of reckoning
    """,
)

ORDERS_STATE = _table(
    "orders_state",
    "[mind, order] what became of each order in each hand",
    """
    issuer        i4 person   who gave it
    given         f8 s        when it was given; infinity for not yet
    response      i1 -        0 none yet, 1 obeyed, 2 obeyed under protest, 3 delayed, 4 refused, 5 opposed
    depth         i4 -        how far down the chain of command it has come
    entry         i4 entry    what last changed it
    """,
    dimensions=2,
)

EVENTS = _table(
    "events",
    "named events",
    """
    times         i4 -        how often it happened
    first         f8 s        when first
    last          f8 s        when last
    entry         i4 entry    the last entry
    """,
)

GAUGES = _table(
    "gauges",
    "numbers of the scenario's own",
    """
    value         f8 1        present value
    entry         i4 entry    what last changed it
    """,
)

DIRECTIVES_STATE = _table(
    "directives_state",
    "how each directive fared",
    """
    violations    i4 -        how often it was broken
    held          i1 -        1 while it was being broken when last looked at
    next          f8 s        when its condition may change by itself
    first         i4 entry    the first violation
    excused       i4 -        how often an exception applied
    """,
)

MOVEMENTS = _table(
    "movements",
    "what people may join, and how each stands",
    """
    open          i1 -        1 while people may join by themselves
    stirred       i1 -        1 when somebody has joined, or been lost, since the last look
    weighed       f8 s        when those who weigh one another by trust do so next
    changed       i8 -        topics changed since the last look
    next          f8 s        when its condition may change by itself
    joined        i4 -        how many have joined
    share         f8 1        the share, by weight, of those who count that has joined
    attempts      i4 -        how often it has risen
    outcome       i1 -        UNTRIED, SUCCEEDED or FAILED
    entry         i4 entry    what last changed it
    """,
)

FOLLOWING = _table(
    "following",
    "[movement, person] where each person stands to each movement",
    """
    counts        i1 -        1 for those on whom the others look
    weight        f8 1        how much the others look on this person
    threshold     f8 1        share of the others, by weight, that must have joined
    joined        i1 -        1 once joined, 2 while about to
    entry         i4 entry    what made this person join
    """,
    dimensions=2,
)

WATCHES = _table(
    "watches",
    "conditions on which mechanisms keep an eye",
    """
    mask          i8 -        topics of the condition and of all else that hangs on it
    changed       i8 -        which of them have changed since the last look
    next          f8 s        when it may change by itself
    mechanism     i4 -        whose it is: its row of `due`
    held          i1 -        1 while the condition held at the last look
    """,
)
VIEWS = _table(
    "views",
    "[opinion, mind] what each of the named thinks of each matter that is talked over",
    """
    takes_part    i1 -        1 for those who talk it over
    value         f8 1        opinion now
    initial       f8 1        opinion before any talk, to which one holds
    openness      f8 1        share of the others' weight in one's opinion
    room          f8 1        scratch
    """,
    dimensions=2,
)

INFLUENCE = _table(
    "influence",
    "[mind, mind] scratch: how much the first listens to the second; no rows when nothing is talked over",
    """
    weight        f8 1        share of the first one's attention
    """,
    dimensions=2,
)

INSIGHTS = _table(
    "insights",
    "what one holds of another's knowing, for those triples that a scenario asks about",
    """
    who           i4 person   whose belief
    of            i4 person   about whom
    fact          i4 fact     about their knowing what
    odds          f8 nat      log-odds that they know it
    known         i1 -        1 once past the threshold of knowing
    entry         i4 entry    what last changed it
    """,
)

BALANCE = _table(
    "balance",
    "[faction, faction] the part of the ties that tends to balance; no rows when none does",
    """
    tie           f8 1        mean of the two ties; on the diagonal, how a side stands to itself
    work          f8 1        scratch
    """,
    dimensions=2,
)

DEFECTIONS = _table(
    "defections",
    "people who may go over to another side, and how each stands",
    """
    clock         i4 clock    exposure so far
    changed       i8 -        topics changed since the last look
    next          f8 s        when to look again
    held          i1 -        1 while the condition holds
    done          i1 -        1 once gone over
    entry         i4 entry    what the present rate rests on
    """,
)

STAGED = _table(
    "staged",
    "places that pretend to be other places",
    """
    place         i4 place    the pretence
    of            i4 place    what it pretends to be
    density       f8 1/s      discrepancies noticed per attentive person and second
    habituation   f8 s        time in which attention wears off; infinity for never
    fact          i4 fact     what noticing teaches
    began         f8 s        when the present people came in; infinity for nobody
    noticed       i1 -        1 once seen through
    clock         i4 clock    exposure so far
    entry         i4 entry    what last changed it
    """,
)

REQUESTS = _table(
    "requests",
    "what systems are asked to do: effects of rules and decisions, and what systems ask of one another",
    """
    verb          i4 -        which verb
    system        i4 -        which system does it
    at            f8 s        when
    cause         i4 entry    the entry that asks for it
    a             i4 -        first argument
    b             i4 -        second argument
    c             i4 -        third argument
    d             i4 -        fourth argument
    amount        f8 -        a quantity
    extra         f8 -        a second quantity
    """,
)

STACK = _table(
    "stack",
    "scratch rows of the machine that evaluates conditions; the result is left in row 0",
    """
    value         f8 -        a number, a truth (0 or 1), or a row or reference
    slope         f8 1/s      how fast it grows with time
    origin        f8 -        what it would be at the start of the scenario, growing in line
    path          i4 -        along what it grows: -1 for time itself, else a path of a mechanism
    along         f8 -        where that path is now
    until         f8 s        until when what was called holds
    drifted       i1 -        of the result: 1 when it was found by reading what drifts
    c1            i4 entry    newest entry that the value rests on
    c2            i4 entry    second newest
    c3            i4 entry    third newest
    """,
)

CHRONICLE = _table(
    "chronicle",
    "everything that happened",
    """
    time          f8 s        when
    kind          i4 -        what kind of thing, see `kinds`
    subject       i4 ref      who or what
    object        i4 ref      to whom or what
    place         i4 place    where
    amount        f8 -        how much, by kind
    cause         i4 entry    the entry that led here
    cause2        i4 entry    a second entry without which it would not have happened
    cause3        i4 entry    a third
    """,
)

RECORDER = _table(
    "recorder",
    "what is recorded while a world plays, one row",
    """
    level         i1 -        0 nothing, 1 changes, 2 changes and measures
    used          i8 -        how many rows of `changes` are in use
    seen          i8 -        how many rows of `witnesses` are in use
    entries       i4 entry    how many entries of the chronicle it has looked at
    noted         i8 -        up to which note of `journal` it has read
    sailed        i8 -        how often something about a vessel had changed when it last looked at them
    stirred       i1 -        1 when a belief has moved since it last looked at them
    """,
)

CHANGES = _table(
    "changes",
    "what has changed, in the order of time, while that is recorded; each row holds until the next of the same thing",
    """
    time          f8 s        when
    what          i1 -        a constant of `recorder`: of what sort the thing is
    row           i4 -        which one
    other         i4 -        the fact of a belief, the party of a person, the crowd of a party
    state         i4 -        status, mode, or whether it is known or true, as `recorder` says
    more          i4 -        who told it, the stage of a device, the map of what moves
    place         i4 place    where it is; -1 on the way
    x             f8 m        where it begins to move from, or rests
    y             f8 m        where it begins to move from, or rests
    x1            f8 m        where it moves to, in a straight line
    y1            f8 m        where it moves to
    since         f8 s        when it began to move
    until         f8 s        when it will be there
    value         f8 -        log-odds, the share of hull left, or the value of a measure
    value2        f8 -        the share of shields left
    entry         i4 entry    the last entry then
    """,
)

WITNESSES = _table(
    "witnesses",
    "[recording] who of the named could know of each entry as it was written; see `witnesses`",
    """
    entry         i4 entry    which entry
    first         i4 person   the first of the 64 of the named whom `minds` tells of
    minds         u8 -        one bit for each of them
    """,
)

SHOWN_PEOPLE = _table(
    "shown_people",
    "[recording] each person as last recorded",
    """
    place         i4 place    where
    party         i4 party    in which party on the march
    destination   i4 place    where to
    arrives       f8 s        when there
    status        i1 -        ACTIVE, HELD or DEAD
    holder        i4 faction  in whose custody
    look          i1 -        what one sees of them: bit 0 in a suit, bit 1 seen by an observer
    """,
)

SHOWN_BELIEFS = _table(
    "shown_beliefs",
    "[recording] [mind, fact] each belief as last recorded",
    """
    odds          f8 nat      log-odds
    known         i1 -        1 when known
    stale         i1 -        in the first column: 1 when a belief of this mind has moved since
    """,
    dimensions=2,
)

SHOWN_VESSELS = _table(
    "shown_vessels",
    "[recording] each vessel as last recorded",
    """
    at            i4 place    where
    destination   i4 place    where to
    began         f8 s        when the present stretch of its way began
    mode          i1 -        what it does
    cloaked       i1 -        1 while cloaked
    hull          f8 1        hull left
    shield        f8 1        shield left at the last change
    """,
)

SHOWN_DEVICES = _table(
    "shown_devices",
    "[recording] each device as last recorded",
    """
    mode          i1 -        what it does
    stage         i4 -        stage under way
    armed         i1 -        how far its self-destruct is armed
    """,
)

SHOWN_PARTIES = _table(
    "shown_parties",
    "[recording] each party as last recorded",
    """
    leg           i4 leg      on which leg
    state         i1 -        WAITING, WALKING, ARRIVED or STOPPED
    entered       f8 s        when it entered the leg
    leaves        f8 s        when it will leave it
    """,
)

SHOWN_NUMBERS = _table(
    "shown_numbers",
    "[recording] whether each fact is so, and then the value of each measure, as last recorded",
    """
    value         f8 -        the value
    """,
)

# ------------------------------------------------------------------------------------------------ the program

P_LIMITS = _table(
    "limits",
    "constants of a scenario, one row",
    """
    horizon       f8 s        when the story ends at the latest
    knowing       f8 nat      log-odds from which a fact counts as known
    party_pace    i1 -        how parties set their pace: 0 slowest member, 1 lower quartile, 2 mean
    party_gap     f8 m        how far behind its party somebody has lost it; infinity for never
    poll          f8 s        how often conditions on drifting quantities are looked at
    ends_code     i4 -        where the condition that ends the story starts; -1 for none
    ends_mask     i8 -        topics of that condition
    ends_polled   i1 -        1 when it reads quantities that drift
    start_hour    f8 s        time of day at the start
    start_day     i4 -        date of the start, in days since 1970-01-01
    dated         i1 -        1 when it has a date
    zone          f8 s        how far its clocks are ahead of UTC
    gompertz      f8 1/year   growth of the hazard of death with biological age
    senescence    f8 1/year   that hazard at biological age zero
    makeham       f8 1/year   hazard of death that does not depend on age
    phi           f8 1        growth of the hazard with the burden of treatment
    treat_slow    f8 1        share of ageing that full treatment stops
    treat_cost    f8 1/year   burden gained per year of full treatment
    treat_heal    f8 1/year   rate at which burden fades
    dose_half     f8 Gy       dose that kills half
    dose_power    f8 1        shape of the dose law
    wounds_kill   f8 1        wounds that kill whoever has no malady
    ages_every    f8 s        how often ages are brought up to date
    forget_trust  f8 s        time in which promises kept and broken are forgotten
    kept_own      f8 1        promises kept, of two of one side with nothing between them
    broken_own    f8 1        promises broken, of the same
    kept_other    f8 1        promises kept, of two of different sides
    broken_other  f8 1        promises broken, of the same
    forgive_rate  f8 1        growth of forgiveness per log time
    bond_period   f8 s        how often affections that move are looked at, and the period of their noise
    close_mark    f8 1        affection, of the cooler of two, from which they count as close
    apart_mark    f8 1        affection below which they no longer do
    balancing     f8 1/s      rate at which ties between sides tend to balance
    balance_period f8 s       how often that is reckoned
    """,
)

P_MAPS = _table(
    "maps",
    "planes that places lie on; one may be a point of another",
    """
    within        i4 map      the map on which this one is a point
    x             f8 m        where it is there
    y             f8 m        where it is there
    """,
)

P_PLACES = _table(
    "places",
    "named places",
    """
    map           i4 map      on which map; -1 inside a vessel
    x             f8 m        position
    y             f8 m        position
    vessel        i4 vessel   the vessel whose inside this is
    machine       i4 device   the device whose inside this is
    faction       i4 faction  whose place
    cover         f8 1        share of sight that reaches people here
    blackout      i1 -        1 where no signal gets through
    field         i4 field    the radiation that reaches this place
    dose_rate     f8 Gy/s     dose rate of that field here while it is full, before shelter
    shelter       f8 1        share of radiation that gets through
    staged        i4 pretence row of `staged` when the place pretends to be another
    interference  f8 1        noise against transporter locks, over thermal noise
    """,
)

P_CROWDS = _table(
    "crowds",
    "crowds as ranges of rows of `people`",
    """
    first         i4 person   first row
    count         i4 -        how many
    age_spread    f8 year     deviation of age
    pace_by_age   i1 -        1 when the pace of each goes by their age
    pace_spread   f8 1        deviation of pace
    frailty_spread f8 1       variance of frailty
    spread        f8 m        how far around it each stands when hunted by drones with positions
    """,
)

P_COUPLES = _table(
    "couples",
    "pairs of the named whose affection can move, each once",
    """
    bond          i4 -        the row of `bonds` of the first of the two, by their rows
    """,
)

P_SIGHTS = _table(
    "sights",
    "who notices a rule or an event, where its author says so",
    """
    of            i4 ref      the rule or the event
    seen          i4 ref      a person, a crowd, a faction, or a place, for all who are there; -1 for nobody
    """,
)

P_LEGS = _table(
    "legs",
    "legs of the ways that parties walk",
    """
    route         i4 route    of which way
    length        f8 m        horizontal length
    slope         f8 1        rise over run
    footing       f8 1        factor of speed for the ground
    cover         f8 1        share of sight that reaches people here
    interference  f8 1        noise against transporter locks, over thermal noise
    width         f8 m        width, which says how many come onto it in a second; infinity for any number
    gate          f8 m        width of a narrow place at its end, which lets people through in turn; infinity for none
    mouth         i4 gate     the row of `gates` for its start, where its width takes people in; -1 for none
    narrow        i4 gate     the row of `gates` for the narrow place at its end; -1 for none
    end_place     i4 place    the place at its end
    x0            f8 m        start
    y0            f8 m        start
    x1            f8 m        end
    y1            f8 m        end
    """,
)

P_ROUTES = _table(
    "routes",
    "ways from place to place",
    """
    first         i4 leg      first leg
    count         i4 -        legs
    start         i4 place    where it begins
    end           i4 place    where it ends
    """,
)

P_REGIONS = _table(
    "regions",
    "features of maps",
    """
    map           i4 map      on which map
    x             f8 m        centre, or start of a line
    y             f8 m        centre, or start of a line
    x1            f8 m        end of a line
    y1            f8 m        end of a line
    radius        f8 m        extent
    blackout      i1 -        1 where no signal gets through
    drag          i1 -        1 where vessels are slowed
    interference  f8 1        noise against transporter locks, over thermal noise
    scale         f8 m        length over which that noise falls by e
    """,
)

P_RULES = _table(
    "rules",
    "what happens when",
    """
    key           u8 -        key of its luck
    code          i4 -        start of the condition's bytecode
    mask          i8 -        topics that the condition reads
    polled        i1 -        1 when the condition reads quantities that drift
    every         f8 s        how often a polled condition is looked at
    clocked       i1 -        what lets it fire: AT_ONCE, AFTER, AT_A_RATE, EVERY or AT_TIMES
    rate          f8 1/s      rate at which it fires while the condition holds, where that is a constant
    running       i4 -        row of `rate_plans`, where it is an expression; -1 for none
    draw          i4 -        row of `draws` of its delay; -1 for none
    first_beat    f8 s        when it fires first, by a beat
    period        f8 s        the time between two beats
    times         i4 -        first of its times in `given_rows`
    time_count    i4 -        how many
    chance        f8 1        chance that it fires, drawn on each occasion, where that is a constant
    willing       i4 -        start of the bytecode of that chance, where it is an expression; -1 for none
    again         i1 -        1 when it may fire more than once
    lapses        i1 -        1 when a delayed firing is dropped as the condition ends
    event         i4 event    the event that its firing is
    also          i4 event    the event of a rule that is written once for many names
    first         i4 -        first of its effects
    count         i4 -        how many
    quiet         i1 -        1 when its firing is not told
    """,
)

P_RULE_TOPICS = _table(
    "rule_topics",
    "what each rule reads; a table of its own, since every pass goes over all of it",
    """
    mask          i8 -        topics that its condition and its rate read
    """,
)

P_DECISIONS = _table(
    "decisions",
    "questions that somebody has to answer",
    """
    key           u8 -        key of its luck
    decider       i4 person   who decides
    code          i4 -        start of the condition's bytecode
    mask          i8 -        topics that the condition reads
    polled        i1 -        1 when the condition reads quantities that drift
    every         f8 s        how often a polled condition is looked at
    first         i4 option   first option
    count         i4 -        how many
    again         i1 -        1 when it may be asked again
    draw          i4 -        row of `draws` of the time to deliberate; -1 for none
    order         i4 order    the order that this decision answers
    precision     f8 1/util   sharpness; 0 takes the decider's own
    pace          f8 s        mean time in which evidence for neither side settles a deliberation; 0 for none
    drift         f8 1/s      drift of the deliberation; not a number when it comes from the utilities
    deadline      f8 s        time that there is for it
    late          i4 option   the answer when that is up
    swapped       i1 -        1 when chance turns the evidence about, so that the order of the answers does not matter
    weighs        i8 -        topics that the utilities read
    sways         i1 -        1 when they read quantities that drift
    event         i4 event    the event that taking it is
    """,
)

P_OPTIONS = _table(
    "options",
    "answers to questions",
    """
    decision      i4 decision to which question
    key           u8 -        key of the luck of this answer to this question
    code          i4 -        start of the bytecode of its condition; -1 for always open
    first_term    i4 -        first of its utility terms
    terms         i4 -        how many
    first         i4 -        first of its effects
    count         i4 -        how many
    response      i1 -        what it is to the order: 0 nothing, 1 obey, 2 voice, 3 delay, 4 refuse, 5 oppose
    event         i4 event    the event that choosing it is
    """,
)

P_TERMS = _table(
    "terms",
    "terms of utilities",
    """
    value         i4 -        column of `values` that weighs it; -1 for weight one
    code          i4 -        start of the bytecode of its amount
    """,
)

P_EFFECTS = _table(
    "effects",
    "effects of rules and options",
    """
    verb          i4 -        which verb
    system        i4 -        which system does it
    delay         f8 s        how long after
    a             i4 -        first argument
    b             i4 -        second argument
    c             i4 -        third argument
    d             i4 -        fourth argument
    amount        f8 -        a quantity
    extra         f8 -        a second quantity
    amount_code   i4 -        start of the bytecode of the quantity; -1 for a constant
    extra_code    i4 -        of the second
    amount_low    f8 -        what the quantity is held to be at least, where it is an expression
    amount_high   f8 -        and at most
    extra_low     f8 -        and the second
    extra_high    f8 -        and at most
    """,
)

P_ORDERS = _table(
    "orders",
    "orders that can be given",
    """
    key           u8 -        key of its luck
    passes        i1 -        1 when obeying hands it down the chain of command
    """,
)

P_STAGES = _table(
    "stages",
    "stages of devices",
    """
    machine       i4 device   of which device
    track         i1 -        0 automatic start, 1 start by hand, 2 running, 3 arming the self-destruct
    draw          i4 -        row of `draws` of its length
    """,
)

P_DEVICES = _table(
    "device_plans",
    "what each device does when it is done",
    """
    automatic     i4 -        first stage of the automatic start
    automatic_n   i4 -        how many
    manual        i4 -        first stage of the start by hand
    manual_n      i4 -        how many
    run           i4 -        first stage of running
    run_n         i4 -        how many; 0 runs until stopped
    arming        i4 -        first stage of arming the self-destruct
    arming_n      i4 -        how many; 0 means it has no self-destruct
    countdown     f8 s        from armed to blast
    presence      i1 -        1 when a start by hand, sabotage and arming need somebody there
    around        i1 -        1 when its blast takes everything where it is, not only what is inside it
    """,
)

P_CHANNELS = _table(
    "channels",
    "ways for words to travel",
    """
    speed         f8 m/s      speed; infinity for at once
    overhead      f8 s        time that handing over takes
    through       i1 -        1 when it reaches into blackout regions
    reliability   f8 1        chance that a message arrives at all
    fails         f8 1/s      rate at which it goes down while it is up
    mends         f8 1/s      rate at which it comes up again
    range         f8 m        how far it reaches at a time; infinity for everywhere
    relay         i4 -        first of its relays
    relays        i4 -        how many
    """,
)

P_RELAYS = _table(
    "relays",
    "people, vessels and places that pass words on",
    """
    thing         i4 ref      who or what
    """,
)

P_DIRECTIVES = _table(
    "directives",
    "norms that acts are measured against",
    """
    code          i4 -        start of the bytecode of what breaks it
    mask          i8 -        topics of that condition
    exception     i4 -        start of the bytecode of what excuses it; -1 for nothing
    faction       i4 faction  whom it binds
    polled        i1 -        1 when the condition reads quantities that drift
    """,
)

P_FORESIGHT = _table(
    "foresight",
    "whose answers a question's utilities anticipate",
    """
    decision      i4 decision the question
    foresees      i4 decision the question whose answer it anticipates
    """,
)

P_MOVEMENTS = _table(
    "movement_plans",
    "when people may join each movement, and how it may succeed",
    """
    key           u8 -        key of its luck
    code          i4 -        start of the bytecode of the condition under which people join by themselves
    mask          i8 -        topics of that condition
    polled        i1 -        1 when it reads quantities that drift
    every         f8 s        how often it is then looked at
    threshold     f8 1        mean threshold of those who have none of their own
    spread        f8 1        its deviation
    trusting      i1 -        1 when the named weigh one another by trust
    needed        f8 1        share joined at which a rising succeeds as often as not
    steepness     f8 1        growth of the log-odds of success with the share joined
    """,
)

P_WATCHES = _table(
    "watch_plans",
    "what each watched condition is",
    """
    code          i4 -        start of its bytecode
    polled        i1 -        1 when it reads quantities that drift
    every         f8 s        how often it is then looked at
    """,
)
P_DEFECTIONS = _table(
    "defection_plans",
    "who may go over, to whom, and how the rate depends on the state",
    """
    key           u8 -        key of its luck
    who           i4 person   who may go over
    side          i4 faction  to whom
    code          i4 -        start of the bytecode of the condition
    mask          i8 -        topics of that condition and of the terms
    polled        i1 -        1 when one of them reads quantities that drift
    every         f8 s        how often they are then looked at
    resting       f8 1/s      rate with all terms at zero
    kin           i4 -        start of the bytecode of kinship on the other side
    injustice     i4 -        start of the bytecode of injustice on this side
    persuasion    i4 -        start of the bytecode of persuasion
    fear          i4 -        start of the bytecode of fear
    by_kin        f8 1        coefficient of kinship
    by_injustice  f8 1        coefficient of injustice
    by_persuasion f8 1        coefficient of persuasion
    by_fear       f8 1        coefficient of fear
    first         i4 -        first of its effects
    count         i4 -        how many
    """,
)

P_ENDINGS = _table(
    "endings",
    "how a story can end, in order of precedence",
    """
    code          i4 -        start of the condition's bytecode; -1 for always
    """,
)

P_MEASURES = _table(
    "measures",
    "numbers read off at the end",
    """
    code          i4 -        start of the bytecode
    """,
)

P_GIVEN = _table(
    "given",
    "data that expressions read",
    """
    first         i4 -        first of its rows
    count         i4 -        how many
    line          i1 -        1 when a line joins its rows, 0 when each holds until the next
    zero          i1 -        1 when it is 0 before its first row and after its end, 0 when it is the nearest row's
    ends          f8 s        until when its last row holds
    """,
)

P_GIVEN_ROWS = _table(
    "given_rows",
    "the rows of data",
    """
    at            f8 s        from when
    value         f8 -        the number
    """,
)

P_DRAWS = _table(
    "draws",
    "distributions of what is drawn, by their quantile functions",
    """
    kind          i1 -        which distribution, a constant of `quantiles`
    a             f8 -        its first parameter, where that is a constant
    b             f8 -        its second
    c             f8 -        its third
    d             f8 -        its fourth
    code_a        i4 -        start of the bytecode of the first parameter; -1 for a constant
    code_b        i4 -        of the second
    code_c        i4 -        of the third
    code_d        i4 -        of the fourth
    first         i4 -        first of its rows, for what is a choice or data
    count         i4 -        how many
    """,
)

P_DRAW_ROWS = _table(
    "draw_rows",
    "values of distributions that are a choice or data",
    """
    value         f8 -        the value
    below         f8 1        probability of this value and of all rows before it
    """,
)

P_RATES = _table(
    "rate_plans",
    "rates that are expressions, which hold between events",
    """
    code          i4 -        start of its bytecode
    mask          i8 -        topics that it reads
    polled        i1 -        1 when it reads what drifts without a law, and is frozen between two beats
    every         f8 s        the time between two beats
    moves         i1 -        1 when it changes between events by a law, and is integrated
    clock         i4 clock    the clock that runs at it
    """,
)

RATES = _table(
    "rates",
    "rates that are expressions, as they stand",
    """
    on            i1 -        1 while the clock runs at it
    next          f8 s        when it has to be looked at again
    starts        f8 s        of one that moves: from when its shape is known
    stops         f8 s        until when
    """,
)

RATE_SHAPES = _table(
    "rate_shapes",
    "rates that move: the coefficients of the Chebyshev series of each between `starts` and `stops`",
    """
    c             f8 1/s      a coefficient
    """,
    dimensions=2,
)

TABLES: dict[str, Table] = dict(_TABLES)
"""Every table by name, those of the world and those of the program."""
