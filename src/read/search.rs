//! Finding an occupation by code, title or alternate title. Never guesses: several are several, and
//! where nothing fits well there is nothing.

use super::ReadError;
use super::catalogue::Catalogue;
use super::soc;
use super::titles::key;
use crate::domain::names::{slug, words};

/// An occupation that a query may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Position in the catalogue.
    pub index: usize,
    /// The alternate title that matched; empty when it was code or title.
    pub matched: String,
}

/// What a query means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    One(usize),
    Several(Vec<Candidate>),
    /// Best first; empty when nothing comes near.
    Nothing {
        near: Vec<Candidate>,
    },
}

/// Most candidates that a search gives.
const MOST: usize = 20;

/// Words that say nothing about an occupation.
const FILLERS: [&str; 7] = ["and", "or", "of", "the", "except", "all", "other"];

impl Catalogue {
    /// The occupation that a query names exactly: own ones first, then by code, title and alternate title.
    pub fn resolve(&self, query: &str) -> Result<Found, ReadError> {
        let query = query.trim();
        let key = key(query);
        let titles = self.titles();
        let slug = slug(query);
        let by_slug = titles.slugs.get(&slug).filter(|_| !slug.is_empty());
        let by_key = titles.keys.get(&key).filter(|_| !key.is_empty());
        let own_code = titles.codes.get(query).or_else(|| titles.codes.get(&slug));
        let own =
            own_code.into_iter().chain(by_slug.into_iter().flatten()).chain(by_key.into_iter().flatten());
        let mut own: Vec<usize> = own.copied().filter(|at| *at < self.own).collect();
        own.sort_unstable();
        own.dedup();
        match own.as_slice() {
            [] => {}
            // A slug is an occupation's own name; a title may be that of several.
            [at] => return Ok(Found::One(*at)),
            several => match own_code {
                Some(at) if *at < self.own => return Ok(Found::One(*at)),
                _ => return Ok(Found::Several(several.iter().map(|at| candidate(*at, "")).collect())),
            },
        }
        let loose = soc::loose_code(query).and_then(|code| titles.codes.get(&code));
        if let Some(at) = titles.codes.get(query).or(loose) {
            return Ok(Found::One(*at));
        }
        match by_slug.or(by_key).map(Vec::as_slice) {
            Some([at]) => Ok(Found::One(*at)),
            Some(several) => Ok(Found::Several(several.iter().map(|at| candidate(*at, "")).collect())),
            None => self.resolve_alternate(query, &key),
        }
    }

    /// The occupations in which every word of a query that means something is found; best first.
    pub fn find(&self, query: &str) -> Result<Vec<Candidate>, ReadError> {
        let wanted: Vec<String> =
            words(query).into_iter().filter(|word| !FILLERS.contains(&word.as_str())).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut hits = self.title_hits(&wanted);
        hits.extend(self.alternate_hits(&wanted)?);
        // A slip of the fingers is only assumed where nothing fits as it is written.
        if hits.iter().any(|(rank, _)| rank.worst < Likeness::Typo) {
            hits.retain(|(rank, _)| rank.worst < Likeness::Typo);
        }
        hits.sort_by(|a, b| (&a.0, a.1.index, &a.1.matched).cmp(&(&b.0, b.1.index, &b.1.matched)));
        let mut best: Vec<Candidate> = Vec::new();
        for (_, hit) in hits {
            if best.len() < MOST && !best.iter().any(|other| other.index == hit.index) {
                best.push(hit);
            }
        }
        Ok(best)
    }

    /// The occupations of a group: by the front part of their O*NET-SOC code (`15`, `15-1252`), or of
    /// exactly this code.
    pub fn in_group(&self, group: &str) -> Vec<usize> {
        let group = group.trim();
        let belongs = |code: &str| {
            let rest = code.strip_prefix(group).filter(|_| soc::code(code).is_some() && !group.is_empty());
            code == group || rest.is_some_and(|rest| rest.starts_with(['-', '.']))
        };
        let all = self.occupations.iter().enumerate();
        all.filter(|(_, occupation)| belongs(&occupation.code)).map(|(at, _)| at).collect()
    }

    fn resolve_alternate(&self, query: &str, key: &str) -> Result<Found, ReadError> {
        let alternates = self.alternates()?;
        let named = alternates.keys.get(key).filter(|_| !key.is_empty()).into_iter().flatten();
        let mut found: Vec<Candidate> = Vec::new();
        for alternate in named.filter_map(|at| alternates.all.get(*at)) {
            // Occupations without tasks have alternate titles, too.
            let Some(at) = self.titles().codes.get(&alternate.code) else { continue };
            if !found.iter().any(|other| other.index == *at) {
                found.push(candidate(*at, &alternate.title));
            }
        }
        found.sort_by_key(|candidate| candidate.index);
        match found.as_slice() {
            [] => Ok(Found::Nothing { near: self.find(query)? }),
            [one] => Ok(Found::One(one.index)),
            _ => Ok(Found::Several(found)),
        }
    }

    fn title_hits(&self, wanted: &[String]) -> Vec<(Rank, Candidate)> {
        let all = self.titles().all.iter().enumerate();
        all.filter_map(|(at, key)| Some((Rank::of(wanted, key, false)?, candidate(at, "")))).collect()
    }

    fn alternate_hits(&self, wanted: &[String]) -> Result<Vec<(Rank, Candidate)>, ReadError> {
        let hit = |alternate: &super::titles::Alternate| {
            let rank = Rank::of(wanted, &alternate.key, true)?;
            let at = self.titles().codes.get(&alternate.code)?;
            Some((rank, candidate(*at, &alternate.title)))
        };
        Ok(self.alternates()?.all.iter().filter_map(hit).collect())
    }
}

fn candidate(index: usize, matched: &str) -> Candidate {
    Candidate { index, matched: matched.to_owned() }
}

/// How well a name fits; the lower the better.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    alternate: bool,
    worst: Likeness,
    /// Words that did not fit as a whole.
    inexact: usize,
    /// Words of the name that were not asked for.
    extra: usize,
}

impl Rank {
    /// `None` unless every wanted word is found.
    fn of(wanted: &[String], name: &str, alternate: bool) -> Option<Self> {
        let mut worst = Likeness::Whole;
        let mut inexact = 0;
        for word in wanted {
            let best = name.split(' ').filter_map(|other| Likeness::of(word, other)).min()?;
            inexact += usize::from(best != Likeness::Whole);
            worst = worst.max(best);
        }
        let extra = name.split(' ').count().saturating_sub(wanted.len());
        Some(Self { alternate, worst, inexact, extra })
    }
}

/// How a wanted word is found in a name's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Whole,
    /// The beginning of it.
    Front,
    /// One letter wrong, missing, too many, or two exchanged.
    Typo,
}

impl Likeness {
    fn of(wanted: &str, word: &str) -> Option<Self> {
        // Two letters begin too many words: AI is not Air.
        const FRONT: usize = 3;
        // Short words are often one letter apart and mean different things.
        const TYPO: usize = 5;
        if wanted == word {
            Some(Self::Whole)
        } else if wanted.len() >= FRONT && word.starts_with(wanted) {
            Some(Self::Front)
        } else if wanted.len() >= TYPO
            && wanted.len().abs_diff(word.len()) <= 2
            && strsim::osa_distance(wanted, word) == 1
        {
            Some(Self::Typo)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::own::OwnOccupation;
    use super::*;

    const TITLES: [(&str, &str); 8] = [
        ("15-1252.00", "Software Developers"),
        ("17-2081.00", "Air Pollution Control Engineers"),
        ("25-1099.00", "Postsecondary Teachers, All Other"),
        ("53-3032.00", "Heavy and Tractor-Trailer Truck Drivers"),
        ("53-3032.01", "Truck Packers"),
        ("53-3033.00", "Light Truck Drivers"),
        ("27-3043.00", "Writers and Authors"),
        ("43-6014.00", "Secretaries"),
    ];
    const ALTERNATES: [(&str, &str, &str); 8] = [
        ("53-3032.00", "Truck Driver", "n/a"),
        ("53-3033.00", "Truck Driver", "n/a"),
        ("53-3033.00", "Truck Drivers", "n/a"),
        ("53-3032.00", "OTR Driver (Over the Road Driver)", "OTR Driver"),
        ("15-1252.00", "Programmer", "n/a"),
        ("27-3043.00", "Software Developer", "n/a"),
        ("99-9999.00", "Ghost", "n/a"),
        ("15-1252.00", "Developer of Games", "n/a"),
    ];

    fn catalogue() -> Catalogue {
        let data: String = TITLES.iter().map(|(code, title)| format!("{code}\t{title}\n")).collect();
        let tasks: String = TITLES.iter().map(|(code, _)| format!("{code}\t1\tWork.\n")).collect();
        let alternates: String =
            ALTERNATES.iter().map(|(code, title, short)| format!("{code}\t{title}\t{short}\n")).collect();
        let files = [
            ("Occupation Data.txt", format!("O*NET-SOC Code\tTitle\n{data}")),
            ("Task Statements.txt", format!("O*NET-SOC Code\tTask ID\tTask\n{tasks}")),
            ("Alternate Titles.txt", format!("O*NET-SOC Code\tAlternate Title\tShort Title\n{alternates}")),
        ];
        let files = files.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
        Catalogue::from_files("small", files).unwrap()
    }

    fn codes(catalogue: &Catalogue, found: &[Candidate]) -> Vec<String> {
        found.iter().map(|one| catalogue.occupations[one.index].code.clone()).collect()
    }

    #[test]
    fn exact_names_are_one() {
        let catalogue = catalogue();
        for (query, code) in [
            ("53-3032", "53-3032.00"),
            ("53-3032.00", "53-3032.00"),
            ("533032", "53-3032.00"),
            ("53303200", "53-3032.00"),
            ("53-3032.01", "53-3032.01"),
            ("heavy-and-tractor-trailer-truck-drivers", "53-3032.00"),
            ("HEAVY and tractor trailer truck driver", "53-3032.00"),
            (" secretary ", "43-6014.00"),
            ("Postsecondary teachers all other", "25-1099.00"),
            ("programmers", "15-1252.00"),
            ("otr driver", "53-3032.00"),
            ("Over the Road Drivers", "53-3032.00"),
            // A title wins over an alternate title of another code.
            ("software developer", "15-1252.00"),
        ] {
            let Found::One(at) = catalogue.resolve(query).unwrap() else { panic!("{query}") };
            assert_eq!(catalogue.occupations[at].code, code, "{query}");
        }
    }

    #[test]
    fn names_of_several_are_several() {
        let catalogue = catalogue();
        let Found::Several(found) = catalogue.resolve("truck drivers").unwrap() else { panic!() };
        assert_eq!(codes(&catalogue, &found), ["53-3032.00", "53-3033.00"]);
        assert_eq!(found[0].matched, "Truck Driver");
    }

    #[test]
    fn nothing_is_nothing_with_what_is_near() {
        let catalogue = catalogue();
        for (query, near) in [
            ("AI/ML Engineers", vec![]),
            ("ghost", vec![]),
            ("", vec![]),
            ("--", vec![]),
            ("53-9999", vec![]),
            ("truck", vec!["53-3032.01", "53-3033.00", "53-3032.00"]),
            ("engineer", vec!["17-2081.00"]),
        ] {
            let expected = Found::Nothing { near: catalogue.find(query).unwrap() };
            assert_eq!(catalogue.resolve(query).unwrap(), expected);
            assert_eq!(codes(&catalogue, &catalogue.find(query).unwrap()), near, "{query}");
        }
    }

    #[test]
    fn the_better_fit_comes_first() {
        let catalogue = catalogue();
        for (query, expected) in [
            ("writers of software", vec![]),
            ("all other", vec![]),
            ("the author", vec!["27-3043.00"]),
            ("post teach", vec!["25-1099.00"]),
            ("truk driver", vec![]),
            ("tractor trailr", vec!["53-3032.00"]),
            ("polution", vec!["17-2081.00"]),
            ("driver", vec!["53-3033.00", "53-3032.00"]),
            // The title, then the alternate titles.
            ("developer", vec!["15-1252.00", "27-3043.00"]),
        ] {
            assert_eq!(codes(&catalogue, &catalogue.find(query).unwrap()), expected, "{query}");
        }
        assert_eq!(catalogue.find("games").unwrap()[0].matched, "Developer of Games");
        assert_eq!(catalogue.find("light truck").unwrap()[0].matched, "");
    }

    #[test]
    fn own_occupations_win() {
        let text = "title = \"Software Developers\"\nslug = \"devs\"\n[[tasks]]\ntext = \"x\"\n";
        let own = OwnOccupation::parse("a.toml", text).unwrap();
        let catalogue = catalogue().with_own(vec![own]).unwrap();
        for query in ["devs", "Devs", "software developer", "software-developers"] {
            assert_eq!(catalogue.resolve(query).unwrap(), Found::One(0), "{query}");
        }
        let Found::One(at) = catalogue.resolve("15-1252").unwrap() else { panic!() };
        assert_eq!(catalogue.occupations[at].code, "15-1252.00");
    }

    #[test]
    fn groups() {
        let catalogue = catalogue();
        for (group, expected) in [
            ("53", vec!["53-3032.00", "53-3032.01", "53-3033.00"]),
            ("53-3032", vec!["53-3032.00", "53-3032.01"]),
            ("53-3032.01", vec!["53-3032.01"]),
            ("53-303", vec![]),
            ("5", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<&str> = catalogue
                .in_group(group)
                .into_iter()
                .map(|at| catalogue.occupations[at].code.as_str())
                .collect();
            assert_eq!(found, expected, "{group}");
        }
        let table = b"text,group\na,north\nb,north-east\n".to_vec();
        let table = Catalogue::table_from_bytes("t.csv", table, &super::super::Columns::default()).unwrap();
        assert_eq!(table.in_group("north"), [0]);
        assert_eq!(table.resolve("North East").unwrap(), Found::One(1));
    }
}
