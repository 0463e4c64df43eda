"""Short forms of given names: Bob is Robert."""

from __future__ import annotations

# One line for each name: the name, and what those who bear it are called. Folded.
_NAMES = """
abigail abby gail
alexander alex sascha sasha xander alec aleksander aleksandr
alexandra alex sandra sascha
alfred alf fred freddy
andreas andi andy
andrew andy drew
angela angie geli
anna anni annie ania
anthony antony tony
anton toni
barbara babs barb barbel baerbel
benjamin ben benny benni
bernhard bernd
brigitte gitte gitta
catherine cathy kate katie kathy katherine kathryn
charles charlie chuck chas
christian chris
christina chris tina kristina
christine chris tine
christoph chris christopher kristof
christopher chris kit
daniel dan danny
david dave davy
deborah debbie deb
dietrich dieter
dmitri dima dmitry dmitrij
dorothea dora thea doro
edward ed eddie ned ted
elisabeth elizabeth lisa liz lizzy beth betty eliza ella elli lisbeth sissi
emanuel manuel
eugen eugene gene
ferdinand ferdi
florian flo
francesco franco
francis frank
franz franzl
franziska franzi
frederick fred freddie
friedrich fritz fred frieder
gabriele gabi gaby
georg schorsch
gerhard gerd gert
gregory greg
guillermo memo
guntram gunter
gustav gus
hans johannes johann hannes
heinrich heiner heinz harry
helena lena helene
helmut helmuth
jacob jake jakob
james jim jimmy jamie
jennifer jenny jen
johanna hanna hannah
johannes hans johann hannes jo
john jack johnny jon
jonathan jon jonny
jose pepe
josef joseph sepp jupp
joseph joe joey jo
josephine josie josy
katarzyna kasia
katharina kathi kathe kaethe katja katarina
kenneth ken kenny
klaus nikolaus claus
lawrence larry laurie
leonard leo len lenny leonhard
ludwig lutz
magdalena magda lena
malgorzata gosia
manfred manni
margaret maggie meg peggy marge
margarethe grete greta gretel margret margarete
maria mia mitzi
mark marc
markus marcus
martin marty
mathias matthias matze mathis
matthew matt matty
maximilian max
michael mike mick micky michi misha mischa
mikhail misha mischa
miguel michel
nathaniel nathan nat nate
nicholas nick nicky nico nicolas
nikolai kolja nikolaj
nikolaus nico klaus niko
oliver olli ollie
pamela pam
patricia pat patty trish tricia patsy
patrick pat paddy
paul pauli
peter pete
philipp phil philip
philip phil
pierre pierrot
ralf ralph
raymond ray
rebecca becky becca
reinhard reiner
renate nate reni
richard dick rick ricky richie rich
robert bob bobby rob robbie bert robby
roland rolli
ronald ron ronnie
rudolf rudi rolf
samantha sam
samuel sam sammy
sebastian basti seb
sergej sergey serge sergei
siegfried siggi sigi
sophie sofie sofia sophia
stefan stephan steffen steven stephen
stefanie steffi stephanie
stephen steve steven
steven steve
susan sue susie suzie
susanne susi sanne suzanne
sylvester silvester
theodor theo
theodore ted teddy theo
theresa resi tess tessa therese teresa
thomas tom tommy
timothy tim timmy
tobias tobi toby
ulrich uli ulli
ulrike uli ulli rike
ursula uschi ulla
valentin valli
veronika vroni vera
victor vic viktor
victoria vicky tori viktoria
vincent vince vinnie
vladimir vova wladimir
walter walt wally
werner wernher
wilhelm willi willy will
wilhelmine minna mina
william bill billy will willy liam
wolfgang wolf
yevgeny evgeny jewgeni zhenya
zachary zach zack
"""
_BEARERS: dict[str, frozenset[int]] = {}
for _number, _line in enumerate(_NAMES.split("\n")):
    for _name in _line.split():
        _BEARERS[_name] = _BEARERS.get(_name, frozenset()) | {_number}


def is_nickname(one: str, other: str) -> bool:
    """Say whether one person may be called both, of two folded given names."""
    bearers = _BEARERS.get(one)
    return bearers is not None and not bearers.isdisjoint(_BEARERS.get(other, ()))


def names_of(given: str) -> frozenset[int]:
    """Return which names one may have who is called ``given``, each as a number."""
    return _BEARERS.get(given, frozenset())
