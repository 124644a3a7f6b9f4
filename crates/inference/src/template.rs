//! Several pictures of one person to one template.

use crate::Embedding;

/// However bad a picture is, it counts this much beside the best, which counts 1.
const LEAST_WEIGHT: f32 = 0.05;

/// How much each picture counts in the template of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weighting {
    /// All alike.
    Equal,
    /// By [`crate::Quality::overall`]: what a blurred or turned face says of its person counts less.
    #[default]
    ByQuality,
}

/// One template from those of several pictures of one person: their mean, brought to unit length. `qualities` has the overall quality
/// of each picture, 0 to 1, in the order of `templates`. `None` when there are none, their lengths differ, or they cancel out.
#[must_use]
pub fn combine(
    templates: &[Embedding],
    qualities: &[f32],
    weighting: Weighting,
) -> Option<Embedding> {
    let weight = |quality: &f32| match weighting {
        Weighting::Equal => 1.0,
        Weighting::ByQuality => quality.max(LEAST_WEIGHT),
    };
    let weights: Vec<f32> = qualities.iter().map(weight).collect();
    Embedding::weighted_mean(templates, &weights)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(values: [f32; 3]) -> Embedding {
        Embedding::normalised(&values).unwrap()
    }

    #[test]
    fn a_good_picture_counts_more_and_the_worst_one_a_little() {
        let (good, bad) = (unit([1.0, 0.0, 0.0]), unit([0.0, 1.0, 0.0]));
        let pictures = [good.clone(), bad.clone()];
        let equal = combine(&pictures, &[0.9, 0.1], Weighting::Equal).unwrap();
        assert!((equal.cosine(&good) - equal.cosine(&bad)).abs() < 1e-6);
        let weighted = combine(&pictures, &[0.9, 0.1], Weighting::ByQuality).unwrap();
        assert!((weighted.cosine(&good) / weighted.cosine(&bad) - 9.0).abs() < 1e-3);
        let useless = combine(&pictures, &[1.0, 0.0], Weighting::ByQuality).unwrap();
        assert!((useless.cosine(&good) / useless.cosine(&bad) - 1.0 / LEAST_WEIGHT).abs() < 1e-3);
    }

    #[test]
    fn nothing_and_opposites_give_no_template() {
        assert_eq!(combine(&[], &[], Weighting::Equal), None);
        let opposites = [unit([1.0, 0.0, 0.0]), unit([-1.0, 0.0, 0.0])];
        assert_eq!(combine(&opposites, &[0.5, 0.5], Weighting::ByQuality), None);
    }

    proptest! {
        #[test]
        fn one_picture_is_its_own_template(values in [0.1..1.0f32, -1.0..1.0f32, -1.0..1.0f32], quality in 0.0..=1.0f32) {
            let one = unit(values);
            for weighting in [Weighting::Equal, Weighting::ByQuality] {
                let combined = combine(std::slice::from_ref(&one), &[quality], weighting).unwrap();
                prop_assert!(combined.cosine(&one) > 0.999_99);
            }
        }

        #[test]
        fn what_is_combined_has_unit_length(quality in prop::collection::vec(0.0..=1.0f32, 3)) {
            let pictures = [unit([1.0, 0.0, 0.2]), unit([0.0, 1.0, 0.3]), unit([0.5, 0.5, 0.7])];
            let combined = combine(&pictures, &quality, Weighting::ByQuality).unwrap();
            prop_assert!((combined.cosine(&combined) - 1.0).abs() < 1e-5);
        }
    }
}
