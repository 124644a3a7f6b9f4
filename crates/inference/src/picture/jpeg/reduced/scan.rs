//! The coded data to planes of pixels.

use super::{
    bits::{Bits, Data},
    blocks::{Plane, Size},
    header::{Component, Header, Tables, ZIGZAG},
    huffman::Step,
};

/// One component on its way through the data.
struct Channel<'a> {
    component: Component,
    tables: Tables<'a>,
    plane: Plane,
    /// The last coefficient that is wanted, in the order of coding.
    last: usize,
    /// The mean of the block before, on which the next one is coded.
    mean: i32,
}

/// The components' planes, each of `header.width / scale` columns and more.
pub(super) fn planes(header: &Header, coded: &[u8], scale: u32) -> Option<Vec<Plane>> {
    let most = |side: fn(&Component) -> usize| header.components.iter().map(side).max();
    let (across, down) = (most(|one| one.across)?, most(|one| one.down)?);
    let units_across = (header.width as usize).div_ceil(8 * across);
    let units_down = (header.height as usize).div_ceil(8 * down);
    let mut channels = Vec::with_capacity(header.components.len());
    for component in &header.components {
        if !across.is_multiple_of(component.across) || !down.is_multiple_of(component.down) {
            return None;
        }
        let size = Size::of(8 / scale as usize);
        let wanted = |place: &usize| size.shows(ZIGZAG[*place]);
        channels.push(Channel {
            component: *component,
            tables: header.tables(component)?,
            plane: Plane::new(
                size,
                [units_across * component.across, units_down * component.down],
                (across / component.across, down / component.down),
            ),
            last: (0..64).rev().find(wanted)?,
            mean: 0,
        });
    }
    let data = Data::unstuffed(coded)?;
    let mut intervals = data.intervals();
    let mut bits = intervals.next()?;
    let mut left = header.restart;
    for row in 0..units_down {
        for column in 0..units_across {
            if header.restart > 0 && left == 0 {
                if !bits.sound() {
                    return None;
                }
                bits = intervals.next()?;
                left = header.restart;
                channels.iter_mut().for_each(|channel| channel.mean = 0);
            }
            left = left.saturating_sub(1);
            for channel in &mut channels {
                let Component { across, down, .. } = channel.component;
                for y in 0..down {
                    for x in 0..across {
                        channel.block(&mut bits, column * across + x, row * down + y)?;
                    }
                }
            }
        }
        if !bits.sound() {
            return None;
        }
    }
    Some(channels.into_iter().map(|channel| channel.plane).collect())
}

impl Channel<'_> {
    /// Decodes the next block, at this place of the plane.
    #[inline(always)]
    fn block(&mut self, at: &mut Bits<'_>, column: usize, row: usize) -> Option<()> {
        // In registers, all the way.
        let mut bits = *at;
        self.decode(&mut bits, column, row)?;
        *at = bits;
        Some(())
    }

    #[inline(always)]
    fn decode(&mut self, bits: &mut Bits<'_>, column: usize, row: usize) -> Option<()> {
        let quantisation = self.tables.quantisation;
        bits.refill();
        let size = u32::from(self.tables.dc.symbol(bits)?);
        if size > 15 {
            return None;
        }
        self.mean = self.mean.wrapping_add(bits.value(size));
        let mean = self.mean.wrapping_mul(i32::from(quantisation[0])) as f32;
        if self.last == 0 {
            self.plane.flat(column, row, mean);
            return self.pass(bits, 1);
        }
        let mut coefficients = [0.0_f32; 64];
        coefficients[0] = mean;
        let (mut place, mut bare) = (1, true);
        while place <= self.last {
            bits.refill();
            let symbol = self.tables.ac.symbol(bits)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                match run {
                    0 => {
                        place = 64;
                        break;
                    }
                    15 => place += 16,
                    _ => return None,
                }
                continue;
            }
            place += run;
            let value = bits.value(size);
            let index = usize::from(*ZIGZAG.get(place)?);
            coefficients[index] = (value * i32::from(quantisation[place])) as f32;
            bare = false;
            place += 1;
        }
        if bare {
            self.plane.flat(column, row, mean);
        } else {
            self.plane.put(column, row, &coefficients);
        }
        self.pass(bits, place)
    }

    /// Passes over the rest of a block, from this coefficient on.
    #[inline(always)]
    fn pass(&self, bits: &mut Bits<'_>, mut place: usize) -> Option<()> {
        let table = self.tables.ac;
        while place < 64 {
            bits.refill();
            // Two steps never take more bits than there are now.
            const { assert!(2 * Step::MOST_BITS <= 56) };
            let mut slow = false;
            for _ in 0..2 {
                let step = table.step(bits);
                let behind = place + step.coefficients();
                slow = step.bits() == 0 || behind > 63 && (behind > 64 || step.ends());
                if slow {
                    break;
                }
                bits.skip(step.bits());
                place = behind;
                if step.ends() {
                    return Some(());
                }
                if place == 64 {
                    break;
                }
            }
            if slow {
                place = self.pass_one(bits, place)?;
            }
        }
        (place == 64).then_some(())
    }

    /// Passes over one coefficient: a long code, or one behind which the next block starts. Where the next one is; 64 or more behind
    /// the last.
    #[inline(always)]
    fn pass_one(&self, bits: &mut Bits<'_>, place: usize) -> Option<usize> {
        bits.refill();
        let symbol = self.tables.ac.symbol(bits)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (run, size) {
            (0, 0) => Some(64),
            (15, 0) => Some(place + 16),
            (_, 0) => None,
            _ => {
                bits.skip(size);
                Some(place + run + 1)
            }
        }
    }
}
