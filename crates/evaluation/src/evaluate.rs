//! From templates to a report.

use std::sync::Arc;

use inference::{Effort, Embedding, MatchScale};

use crate::{
    Anchor, DataSet, EvalError, Groups, Outcome, PairList, Refusal, Report,
    anchors::Tail,
    data::file_name,
    pairwise::{Counts, Extreme, Shape, Subjects, count, shape},
    plot::Curves,
    report::{
        Across, AllPairs, ByGroup, Data, FORMAT, Group, OddPair, Refused, RefusedPicture, Threshold,
    },
    scale::{SCORES, least_cosine},
    stats::Rate,
    verification,
};

/// Names of missing or unknown things in one warning.
const NAMED: usize = 5;

/// What is measured with, for the report's head and its scores.
pub struct Setting {
    /// The model pack's name.
    pub pack: String,
    /// SHA-256 of its embedding model.
    pub embedder: String,
    /// The calibration in force.
    pub scale: Arc<MatchScale>,
    /// How hard pictures were looked at.
    pub effort: Effort,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
}

/// Measures. `outcomes` are those of the data set's pictures, in their order. `progress` is told numbers of pairs; each pair is looked at
/// twice.
///
/// # Errors
/// [`EvalError::TooFewTemplates`], [`EvalError::Templates`], [`EvalError::Task`].
pub fn evaluate(
    setting: &Setting,
    data: &DataSet,
    outcomes: &[Outcome],
    pairs: Option<(&str, &PairList)>,
    groups: Option<&Groups>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, EvalError> {
    let templates = templates(data, outcomes);
    let subjects = Subjects::new(&templates)?;
    if subjects.people() < 2 {
        return Err(EvalError::TooFewTemplates {
            pictures: data.pictures.len(),
        });
    }
    let shape = shape(&subjects, pairs.is_none(), progress)?;
    let tail = Tail::new(&shape.impostors);
    let cosines = tail.cosines();
    let scores = SCORES.map(|score| least_cosine(&setting.scale, score));

    // One count for anchors and scores: the walk over the pairs is what takes time.
    let mut thresholds: Vec<f32> = cosines
        .iter()
        .map(|(_, cosine, _)| at_least(*cosine))
        .chain(scores)
        .collect();
    thresholds.sort_by(f32::total_cmp);
    let place = |cosine: f32| thresholds.partition_point(|threshold| *threshold < cosine);
    let of_subject =
        |name: &usize| groups.and_then(|groups| groups.of_person.get(*name).copied().flatten());
    let group: Vec<Option<usize>> = subjects.names.iter().map(of_subject).collect();
    let counts = count(
        &subjects,
        &thresholds,
        &group,
        groups.map_or(0, |groups| groups.names.len()),
        progress,
    )?;

    let anchors = cosines
        .iter()
        .map(|(rate, cosine, extrapolated)| {
            anchor(
                &tail,
                &counts,
                place(at_least(*cosine)),
                (*rate, *cosine, *extrapolated),
            )
        })
        .collect();
    let at_scores = |fmr: &dyn Fn(usize) -> Option<Rate>,
                     fnmr: &dyn Fn(usize) -> Option<Rate>|
     -> Vec<Threshold> {
        let at = |(score, cosine): (&f64, &f32)| Threshold {
            score: *score,
            cosine: f64::from(*cosine),
            fmr: fmr(place(*cosine)),
            fnmr: fnmr(place(*cosine)),
        };
        SCORES.iter().zip(&scores).map(at).collect()
    };
    let verification = match pairs {
        Some((source, list)) => {
            let scores: Vec<(f64, f32)> = SCORES.into_iter().zip(scores).collect();
            verification::of_list(
                source.to_owned(),
                list,
                |at| template(outcomes, at),
                &scores,
            )
        }
        None => verification::of_all(&shape),
    };
    let thresholds = at_scores(&|at| counts.false_matches(at, None), &|at| {
        counts.false_non_matches(at, None)
    });
    Ok(Report {
        format: FORMAT,
        pack: setting.pack.clone(),
        embedder: setting.embedder.clone(),
        effort: match setting.effort {
            Effort::Fast => "fast".to_owned(),
            Effort::Accurate => "accurate".to_owned(),
        },
        date: setting.date.clone(),
        warnings: warnings(data, pairs, groups, &subjects),
        data: described(data, outcomes, &subjects),
        verification,
        all_pairs: all_pairs(&shape, data, &subjects, &setting.scale),
        curves: Curves::new(
            &shape.genuine,
            &shape.impostors,
            &setting.scale,
            &thresholds,
        ),
        anchors,
        thresholds,
        groups: groups.map(|groups| by_group(groups, &counts, &at_scores)),
    })
}

/// Picture, person and template of each picture that has one.
fn templates<'a>(data: &DataSet, outcomes: &'a [Outcome]) -> Vec<(usize, usize, &'a Embedding)> {
    let each = data.pictures.iter().zip(outcomes).enumerate();
    each.filter_map(|(place, (picture, outcome))| match outcome {
        Outcome::Template(template) => Some((place, picture.person, template)),
        Outcome::Refused(_) => None,
    })
    .collect()
}

/// The template of the picture at `place`; a copy has that of its original.
fn template(outcomes: &[Outcome], place: usize) -> Option<&Embedding> {
    match outcomes.get(place)? {
        Outcome::Template(template) => Some(template),
        Outcome::Refused(Refusal::CopyOf(original)) if *original < place => {
            template(outcomes, *original)
        }
        Outcome::Refused(_) => None,
    }
}

/// The least f32 that is not below `cosine`.
fn at_least(cosine: f64) -> f32 {
    let near = cosine as f32;
    if f64::from(near) < cosine {
        near.next_up()
    } else {
        near
    }
}

fn anchor(
    tail: &Tail<'_>,
    counts: &Counts,
    place: usize,
    (fmr, cosine, extrapolated): (f64, f64, bool),
) -> Anchor {
    let measured = counts.false_matches(place, None);
    // The cosine's interval holds those whose rate's interval would hold this rate (Woodruff 1952).
    let interval = measured.filter(|_| !extrapolated).map(|rate| {
        let [low, high] = rate.interval;
        [tail.cosine(high).min(cosine), tail.cosine(low).max(cosine)]
    });
    Anchor {
        fmr,
        cosine,
        interval,
        impostors: measured.map_or(0, |rate| rate.errors),
        tar: counts.false_non_matches(place, None).map(|rate| Rate {
            errors: rate.of - rate.errors,
            of: rate.of,
            rate: 1.0 - rate.rate,
            interval: [1.0 - rate.interval[1], 1.0 - rate.interval[0]],
        }),
        extrapolated,
    }
}

type AtScores<'a> =
    dyn Fn(&dyn Fn(usize) -> Option<Rate>, &dyn Fn(usize) -> Option<Rate>) -> Vec<Threshold> + 'a;

fn by_group(groups: &Groups, counts: &Counts, at_scores: &AtScores<'_>) -> ByGroup {
    let names = || groups.names.iter().enumerate();
    let within = |(at, name): (usize, &String)| {
        let (people, pictures) = counts.size_of(Some(at));
        Group {
            name: name.clone(),
            people,
            pictures,
            thresholds: at_scores(&|place| counts.false_matches(place, Some(at)), &|place| {
                counts.false_non_matches(place, Some(at))
            }),
        }
    };
    let across = |(first, one): (usize, &String)| {
        let one = one.clone();
        let others = names().skip(first + 1).map(move |(second, other)| Across {
            first: one.clone(),
            second: other.clone(),
            thresholds: at_scores(
                &|place| counts.false_matches_across(place, first, second),
                &|_| None,
            ),
        });
        others.collect::<Vec<_>>()
    };
    ByGroup {
        field: groups.field.clone(),
        groups: names().map(within).collect(),
        across: names().flat_map(across).collect(),
    }
}

fn described(data: &DataSet, outcomes: &[Outcome], subjects: &Subjects) -> Data {
    let mut refused = Refused::default();
    let mut pictures = Vec::new();
    for (picture, outcome) in data.pictures.iter().zip(outcomes) {
        let Outcome::Refused(why) = outcome else {
            continue;
        };
        let (count, reason) = match why {
            Refusal::NoFace => (&mut refused.no_face, "no face was found".to_owned()),
            Refusal::SeveralFaces(faces) => (
                &mut refused.several_faces,
                format!("{faces} faces of comparable size"),
            ),
            Refusal::Unreadable(reason) => (&mut refused.unreadable, reason.clone()),
            Refusal::Failed(reason) => (&mut refused.failed, reason.clone()),
            Refusal::CopyOf(original) => {
                let name = data
                    .pictures
                    .get(*original)
                    .map(|picture| picture.name.as_str());
                (
                    &mut refused.copies,
                    format!("the same file as {}", name.unwrap_or_default()),
                )
            }
        };
        *count += 1;
        pictures.push(RefusedPicture {
            picture: picture.name.clone(),
            reason,
        });
    }
    Data {
        name: file_name(
            &data
                .folder
                .canonicalize()
                .unwrap_or_else(|_| data.folder.clone()),
        ),
        people: data.people.len() as u64,
        pictures: data.pictures.len() as u64,
        templates: subjects.rows.len() as u64,
        people_with_template: subjects.people() as u64,
        people_with_several: subjects.sizes().filter(|size| *size > 1).count() as u64,
        refused,
        refused_pictures: pictures,
    }
}

fn warnings(
    data: &DataSet,
    pairs: Option<(&str, &PairList)>,
    groups: Option<&Groups>,
    subjects: &Subjects,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let some = |names: &[String]| {
        let more = if names.len() > NAMED { ", ..." } else { "" };
        let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
        format!("{}{more}", shown.join(", "))
    };
    if let Some((source, list)) = pairs.filter(|(_, list)| list.left_out > 0) {
        let (count, pictures) = (list.left_out, list.missing.len());
        warnings.push(format!(
            "{count} pairs of {source} name {pictures} pictures that are not there: {}",
            some(&list.missing)
        ));
    }
    if let Some(groups) = groups {
        if !groups.unknown.is_empty() {
            let count = groups.unknown.len();
            warnings.push(format!(
                "{count} lines of the table of people are about nobody in the folder: {}",
                some(&groups.unknown)
            ));
        }
        let without: Vec<String> = data
            .people
            .iter()
            .zip(&groups.of_person)
            .filter(|(_, group)| group.is_none())
            .map(|(name, _)| name.clone())
            .collect();
        if !without.is_empty() {
            let count = without.len();
            warnings.push(format!(
                "the table of people says no {} of {count} people: {}",
                groups.field,
                some(&without)
            ));
        }
    }
    if subjects.sizes().all(|size| size < 2) {
        warnings.push("nobody has two usable pictures: how often the same person is not found cannot be measured".to_owned());
    }
    let impostors = subjects.pairs() - subjects.sizes().map(crate::stats::pairs_of).sum::<u64>();
    if impostors < crate::MIN_IMPOSTORS {
        warnings.push(format!("only {impostors} pairs of different people: no false match rate below {:.0} % can be seen", 100.0 / impostors.max(1) as f64));
    }
    warnings
}

fn all_pairs(shape: &Shape, data: &DataSet, subjects: &Subjects, scale: &MatchScale) -> AllPairs {
    let name = |row: usize| {
        let picture = subjects
            .picture
            .get(row)
            .and_then(|place| data.pictures.get(*place));
        picture
            .map(|picture| picture.name.clone())
            .unwrap_or_default()
    };
    let odd = |pair: &Extreme| OddPair {
        first: name(pair.first),
        second: name(pair.second),
        cosine: f64::from(pair.cosine),
        score: scale.score(pair.cosine).rounded(),
    };
    AllPairs {
        genuine: shape.genuine.count(),
        impostors: shape.impostors.count(),
        impostor_mean: shape.impostors.mean(),
        impostor_deviation: shape.impostors.deviation(),
        genuine_mean: shape.genuine.mean(),
        genuine_deviation: shape.genuine.deviation(),
        closest_impostors: shape.closest.iter().map(odd).collect(),
        farthest_genuine: shape.farthest.iter().map(odd).collect(),
    }
}
