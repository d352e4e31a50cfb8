#!/usr/bin/env python3
"""Makes the data files of samples/www: every person, body, place, figure and decision in them is invented.

Seeded: the same call writes the same bytes. The outputs are committed; run this again only to change them.

    python scripts/make-samples.py ALLPINS.json     needs openpyxl

ALLPINS.json is the tax agency's list of test personal identity numbers: the only numbers of persons that a sample may hold.
Telephone numbers lie in the ranges that the post and telecom agency sets aside for fiction, addresses under .example,
postcodes in series that are not in use.
"""

import datetime as dt
import gzip
import io
import json
import random
import sys
import zipfile
from pathlib import Path

import openpyxl

WWW = Path(__file__).resolve().parent.parent / "samples" / "www"
TOWN = WWW / "data.exempelby.example"
REGION = WWW / "opendata.exempelregionen.example"
AGENCY = WWW / "data.exempelmyndigheten.example"


def comma(value, decimals=1):
    return f"{value:.{decimals}f}".replace(".", ",")


def spaced(value):
    """A whole number as a Swedish spreadsheet exports it: no-break spaces between thousands."""
    return f"{value:,}".replace(",", "\u00a0")


def write(path, lines, encoding="utf-8", newline="\r\n", bom=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = newline.join(lines) + newline
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode(encoding))


def row(*cells):
    return ";".join("" if cell is None else str(cell) for cell in cells)


# Municipality ----------------------------------------------------------------------------------------------------------------------

SPECIES = [
    ("Tilia cordata", "skogslind", 24, 1.9), ("Betula pendula", "vårtbjörk", 20, 1.7), ("Acer platanoides", "skogslönn", 14, 1.8),
    ("Quercus robur", "skogsek", 11, 1.5), ("Sorbus aucuparia", "rönn", 9, 1.2), ("Prunus avium", "sötkörsbär", 7, 1.4),
    ("Aesculus hippocastanum", "hästkastanj", 6, 1.9), ("Pinus sylvestris", "tall", 5, 1.3), ("Ulmus glabra", "skogsalm", 3, 1.6),
    ("Fraxinus excelsior", "ask", 1, 1.7),
]
AREAS = ["Åparken", "Storgatan", "Kyrkbacken", "Västra Ängen", "Östra Ängen", "Hamnplan", "Björklunda", "Sjöstigen"]


def trees(random):
    lines = [
        "Exempelby kommun", "Trädinventering, kommunens gatu- och parkträd", "Uttag: 2026-10-05", "",
        row("Träd-id", "Art", "Svenskt namn", "Planteringsår", "Stamomkrets (cm)", "Område", "Latitud", "Longitud"),
    ]
    for number in range(1, 2001):
        latin, swedish, _, growth = random.choices(SPECIES, [s[2] for s in SPECIES])[0]
        year = random.choices(range(1920, 2026), [1 + (y - 1920) / 20 for y in range(1920, 2026)])[0]
        trunk = max(6.0, (2026 - year) * growth * random.uniform(0.75, 1.3) + random.uniform(4, 9))
        unknown = random.random()
        lines.append(row(
            f"EX-{number:05d}", latin, swedish, ".." if unknown < 0.06 else year, ".." if 0.05 < unknown < 0.08 else comma(trunk),
            random.choice(AREAS), comma(59.53 + random.gauss(0, 0.008), 5), comma(16.765 + random.gauss(0, 0.014), 5),
        ))
    lines += ["", "Källa: Exempelby kommun, parkenheten", "Anm.: .. betyder att uppgift saknas"]
    write(TOWN / "data/trad.csv", lines, "windows-1252")


NEIGHBOURS = [
    ("0180", "Stockholm", 260), ("0380", "Uppsala", 120), ("0580", "Linköping", 70), ("0680", "Jönköping", 18), ("0880", "Kalmar", 9),
    ("1280", "Malmö", 34), ("1480", "Göteborg", 66), ("1780", "Karlstad", 14), ("1880", "Örebro", 95), ("1980", "Västerås", 310),
    ("2080", "Falun", 12), ("2180", "Gävle", 26), ("2281", "Sundsvall", 11), ("2380", "Östersund", 8), ("2480", "Umeå", 21),
    ("0188", "Norrtälje", 15), ("0114", "Upplands Väsby", 22), ("0980", "Gotland", 4),
]


def moves(random):
    lines = ["Flyttningar till och från Exempelby per kommun och år;;;;", "", row("Kommunkod", "Kommun", "År", "Inflyttade", "Utflyttade")]
    for code, name, size in NEIGHBOURS:
        for year in range(2019, 2026):
            scale = 5 if code in ("0180", "1980") else 1
            counts = [round(size * scale * random.uniform(0.7, 1.3)) for _ in range(2)]
            lines.append(row(code, name, year, *(".." if count < 5 else spaced(count) for count in counts)))
    lines += ["", "Källa: Exempelby kommun. Alla tal är påhittade. Färre än fem flyttningar visas som .."]
    write(TOWN / "data/flyttningar.csv", lines, "windows-1252")


def budget(random):
    book = openpyxl.Workbook()
    book.properties.creator = "Exempelby kommun"
    book.properties.created = book.properties.modified = dt.datetime(2026, 2, 16, 9, 0)
    note = book.active
    note.title = "Läs mig"
    note["B2"] = "Budget och utfall per verksamhet"
    note["B4"] = "Belopp i tusental kronor (tkr). Utfall för innevarande år saknas."
    note["B5"] = "Påhittade tal om en påhittad kommun."
    sheet = book.create_sheet("Budget")
    sheet["A1"] = "Exempelby kommun: budget och utfall per verksamhet, tkr"
    sheet.append([])
    sheet.append(["Verksamhetskod", "Verksamhet", "År", "Budget (tkr)", "Utfall (tkr)", "Fastställd"])
    works = [
        (100, "Politisk verksamhet", 21_400), (215, "Plan och bygg", 18_900), (250, "Gator och vägar", 44_300), (260, "Parker", 15_200),
        (300, "Kultur", 23_100), (320, "Fritid", 31_800), (407, "Förskola", 161_500), (440, "Grundskola", 312_700),
        (450, "Gymnasieskola", 128_300), (510, "Äldreomsorg", 341_900), (530, "Stöd till personer med funktionsnedsättning", 152_600),
        (600, "Flyktingmottagande", 9_800), (800, "Räddningstjänst", 24_600), (865, "Vatten och avlopp", 38_400), (870, "Avfall", 27_500),
    ]
    for code, name, base in works:
        for year in range(2021, 2027):
            planned = round(base * 1.028 ** (year - 2021) * random.uniform(0.99, 1.01), 1)
            outcome = None if year == 2026 else round(planned * random.uniform(0.96, 1.05), 1)
            sheet.append([code, name, year, planned, outcome, dt.date(year - 1, 11, 24)])
            line = sheet.max_row
            sheet.cell(line, 1).number_format = "0000"
            sheet.cell(line, 4).number_format = sheet.cell(line, 5).number_format = "#,##0.0"
            sheet.cell(line, 6).number_format = "yyyy-mm-dd"
    written = io.BytesIO()
    book.save(written)
    path = TOWN / "data/budget.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():  # the same bytes at every run: no clock in the archive
            body = source.read(name)
            if name == "docProps/core.xml":
                start, end = body.index(b"<dcterms:modified"), body.index(b"</dcterms:modified>")
                body = body[:body.index(b">", start) + 1] + b"2026-02-16T09:00:00Z" + body[end:]
            target.writestr(zipfile.ZipInfo(name, (2026, 2, 16, 9, 0, 0)), body, zipfile.ZIP_DEFLATED)


def bathing(random):
    names = ["Åbadet", "Hamnbadet", "Sandviken", "Klippudden", "Ängsjön norra", "Ängsjön södra", "Björknäs", "Storholmen", "Lillholmen",
             "Kvarndammen", "Röda stugan", "Fyrudden", "Kyrksjön", "Långsanden", "Östra bryggan", "Västra bryggan", "Granviken", "Alviken"]
    features = []
    for number, name in enumerate(names, 1):
        sampled = dt.date(2026, 6, 1) + dt.timedelta(days=random.randrange(70))
        features.append({
            "type": "Feature",
            "properties": {
                "id": f"BAD-{number:02d}", "namn": name, "typ": "hav" if number % 3 else "insjö",
                "vattenkvalitet": random.choices(["utmärkt", "bra", "tillfredsställande", "dålig"], [10, 6, 2, 1])[0],
                "temperatur": round(random.uniform(14, 22.5), 1) if number % 7 else None,
                "provdatum": sampled.isoformat(), "ramp": bool(number % 4 == 0),
            },
            "geometry": {"type": "Point", "coordinates": [round(600_000 + random.uniform(-7000, 7000), 2),
                                                          round(6_600_000 + random.uniform(-6000, 6000), 2)]},
        })
    document = {"type": "FeatureCollection", "name": "badplatser",
                "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}}, "features": features}
    path = TOWN / "data/badplatser.geojson"
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def grants(random):
    first = ["Exempelby", "Ängsjöns", "Åparkens", "Hamnens", "Björklunda", "Norra Exempel"]
    second = ["idrottsförening", "schackklubb", "kör", "båtklubb", "hembygdsförening", "scoutkår", "ridklubb"]
    lines = [row("Förening", "År", "Bidragstyp", "Belopp (kr)")]
    for name in (f"{a} {b}" for a in first for b in second):
        for year in (2023, 2024, 2025):
            lines.append(row(name, year, random.choice(["grundbidrag", "aktivitetsbidrag", "lokalbidrag"]), random.randrange(4, 180) * 500))
    write(TOWN / "data/foreningsbidrag.csv", lines)


# Region ----------------------------------------------------------------------------------------------------------------------------

CLINICS = ["Norra Exempel", "Södra Exempel", "Exempelby", "Provsta", "Mönstervik", "Påhittsås"]
CAUSES = [("luftvägsinfektion", 25), ("besvär från rörelseorganen", 22), ("hudbesvär", 14), ("psykisk ohälsa", 13),
          ("kontroll av kronisk sjukdom", 16), ("övrigt", 10)]


def waiting(random):
    rows = []
    for number, clinic in enumerate(CLINICS, 1):
        level = random.uniform(78, 92)
        for month in range(1, 13):
            for unit, size in (("läkare", 900), ("fysioterapeut", 260), ("psykolog", 120)):
                visits = round(size * random.uniform(0.8, 1.2))
                share = min(100.0, level + random.gauss(0, 3) - (9 if unit == "psykolog" else 0))
                rows.append({
                    "mottagning": clinic, "mottagningskod": f"{number:04d}", "period": f"2025-{month:02d}", "yrkesgrupp": unit,
                    "kontakter": visits, "inom_tre_dagar": round(visits * share / 100), "andel": round(share, 1),
                    "median_dagar": None if visits < 105 else round(random.uniform(1, 9), 1),
                })
    document = {"rapport": "Väntetider i primärvården", "region": "Region Exempel", "framtagen": "2026-01-20", "rader": rows}
    path = REGION / "filer/vantetider.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


GIVEN = {"kvinna": ["Exempla", "Fiktiva", "Provia", "Testina", "Modella", "Skissa"], "man": ["Exempel", "Fiktor", "Provus", "Testor", "Modell", "Skissor"]}
FAMILY = ["Påhittsson", "Fantasiberg", "Testdotter", "Exempelgren", "Provlund", "Ickefinns", "Låtsasström", "Mallqvist"]
PHONES = [f"070-174{n:04d}" for n in range(605, 700)] + [f"031-390{n:04d}" for n in range(600, 700)] + [f"08-465{n:05d}" for n in range(400, 500)]
POSTCODES = [("484", 3, 34), ("487", 2, 26), ("491", 2, 24), ("496", 1, 16)]  # series that are not in use; how many of each; weight


def visits(random, pins):
    """Visits in primary care: 900 invented people, one visit each."""
    by_year = {}
    for pin in pins:
        by_year.setdefault(int(pin[:4]), []).append(pin)
    lines = [row("Personnummer", "Förnamn", "Efternamn", "E-post", "Telefon", "Ålder", "Kön", "Postnummer", "Besöksdatum", "Besöksorsak", "Väntetid (dagar)")]
    used = set()
    while len(lines) <= 900:
        age = min(96, max(1, round(random.choice([random.gauss(9, 5), random.gauss(38, 13), random.gauss(68, 11)]))))
        day = dt.date(2025, 1, 2) + dt.timedelta(days=random.randrange(363))
        if day.year - age not in by_year:
            continue
        pin = random.choice(by_year[day.year - age])
        if pin in used:
            continue
        used.add(pin)
        born = dt.date(int(pin[:4]), int(pin[4:6]), int(pin[6:8]))
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        sex = "man" if int(pin[10]) % 2 else "kvinna"
        given, family = random.choice(GIVEN[sex]), random.choice(FAMILY)
        series, offices, _ = random.choices(POSTCODES, [p[2] for p in POSTCODES])[0]
        mail = f"{given}.{family}{len(lines)}".lower().translate(str.maketrans("åäö", "aao")) + "@epost.example"
        lines.append(row(
            f"{pin[:8]}-{pin[8:]}", given, family, mail if random.random() < 0.9 else None, random.choice(PHONES) if random.random() < 0.8 else None,
            age, sex, f"{series} {10 + 2 * random.randrange(offices)}", day.isoformat(), random.choices([c[0] for c in CAUSES], [c[1] for c in CAUSES])[0],
            min(60, int(random.expovariate(0.18))),
        ))
    write(REGION / "filer/vardbesok.csv", lines, bom=True)


def teeth(random):
    lines = [row("År", "Åldersgrupp", "Undersökta", "Andel kariesfria (%)")]
    for year in range(2016, 2026):
        for group, base in (("3 år", 94.0), ("6 år", 77.5), ("12 år", 66.0), ("19 år", 38.5)):
            lines.append(row(year, group, random.randrange(2400, 3900), comma(base + (year - 2016) * 0.3 + random.gauss(0, 0.6))))
    write(REGION / "filer/tandhalsa.csv", lines, "windows-1252")


# State agency ----------------------------------------------------------------------------------------------------------------------

COUNTIES = [("01", "Stockholms län"), ("03", "Uppsala län"), ("04", "Södermanlands län"), ("05", "Östergötlands län"), ("06", "Jönköpings län"),
            ("07", "Kronobergs län"), ("08", "Kalmar län"), ("09", "Gotlands län"), ("10", "Blekinge län"), ("12", "Skåne län"),
            ("13", "Hallands län"), ("14", "Västra Götalands län"), ("17", "Värmlands län"), ("18", "Örebro län"), ("19", "Västmanlands län"),
            ("20", "Dalarnas län"), ("21", "Gävleborgs län"), ("22", "Västernorrlands län"), ("23", "Jämtlands län"),
            ("24", "Västerbottens län"), ("25", "Norrbottens län")]


def permits(random):
    lines = [row("Tillståndsnr", "Typ", "Länskod", "Beslutsdatum", "Giltigt till", "Avgift (kr)", "Återkallat")]
    for number in range(1, 421):
        decided = dt.date(2021, 1, 11) + dt.timedelta(days=random.randrange(2000))
        until = "9999-12-31" if random.random() < 0.2 else decided.replace(year=decided.year + 5, day=min(decided.day, 28)).isoformat()
        kind, fee = random.choice([("fyrljus", 4800), ("sjömärke", 2400), ("farledsskylt", 1250), ("boj", 975)])
        lines.append(row(f"EM{decided.year}T{number:04d}", kind, random.choice(COUNTIES)[0], decided.isoformat(), until,
                         spaced(fee) if fee > 999 else fee, "ja" if random.random() < 0.04 else "nej"))
    path = AGENCY / "oppnadata/tillstand.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ("\r\n".join(lines) + "\r\n").encode("utf-8")
    with open(path, "wb") as raw, gzip.GzipFile("tillstand.csv", "wb", 9, raw, mtime=0) as packed:
        packed.write(body)


def applications(random):
    lines = ["Ansökningar per län och kvartal", "", row("Länskod", "Län", "Kvartal", "Ansökningar", "Beviljade", "Handläggningstid (dagar)")]
    for code, name in COUNTIES:
        size = random.uniform(20, 400)
        for quarter in (f"{year}K{q}" for year in (2023, 2024, 2025) for q in (1, 2, 3, 4)):
            count = round(size * random.uniform(0.8, 1.25))
            lines.append(row(code, name, quarter, count, round(count * random.uniform(0.7, 0.92)), comma(random.uniform(18, 55))))
    lines += ["", "Källa: Exempelmyndigheten (påhittad)"]
    write(AGENCY / "oppnadata/ansokningar.csv", lines, "windows-1252")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pins = json.loads(Path(sys.argv[1]).read_text())
    for seed, make in enumerate((trees, moves, budget, bathing, grants, waiting, teeth, permits, applications), 20261122):
        make(random.Random(seed))
    visits(random.Random(20261101), sorted(set(pins)))


if __name__ == "__main__":
    main()
