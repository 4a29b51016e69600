//! What a call used, and what that costs.

use std::sync::Arc;

/// Tokens of one call as the provider reports them, brought to one form for all providers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// All input tokens, those read from and written to the provider's prompt cache included.
    pub input: u32,
    /// Of those, read from the provider's prompt cache.
    pub cache_read: u32,
    /// Of those, written to it.
    pub cache_write: u32,
    /// All output tokens that are billed, thoughts included.
    pub output: u32,
    /// Of those, thoughts.
    pub reasoning: u32,
}

/// US dollars per million tokens.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    /// For input read from the prompt cache; `None`: as other input.
    pub cache_read: Option<f64>,
    /// For input written to it; `None`: as other input.
    pub cache_write: Option<f64>,
    /// In the provider's batch interface; `None`: not offered or not known.
    pub batch: Option<(f64, f64)>,
    /// For requests with long prompts, as a whole.
    pub long: Option<LongPrice>,
}

/// Above so many input tokens the whole request has these prices.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LongPrice {
    pub above: u32,
    pub input: f64,
    pub output: f64,
}

impl Price {
    /// What the same tokens cost in a batch; `None`: not known. What is read from the prompt cache or written to
    /// it has the same discount.
    pub fn in_batches(&self) -> Option<Self> {
        let (input, output) = self.batch?;
        let cheaper = if self.input > 0.0 { input / self.input } else { 1.0 };
        let dearer_output = if self.output > 0.0 { output / self.output } else { 1.0 };
        Some(Self {
            input,
            output,
            cache_read: self.cache_read.map(|rate| rate * cheaper),
            cache_write: self.cache_write.map(|rate| rate * cheaper),
            batch: None,
            long: self.long.map(|long| LongPrice {
                above: long.above,
                input: long.input * cheaper,
                output: long.output * dearer_output,
            }),
        })
    }

    /// Billionths of a dollar for a finished call. A dollar per million tokens is 1,000 of them per token.
    pub fn nano_usd(&self, usage: Usage) -> u64 {
        let (input, output, stretch) = self.rates(usage.input);
        let (read, written) = (f64::from(usage.cache_read), f64::from(usage.cache_write));
        let plain = (f64::from(usage.input) - read - written).max(0.0);
        let dollars_per_million = plain * input
            + read * self.cache_read.map_or(input, |rate| rate * stretch)
            + written * self.cache_write.map_or(input, |rate| rate * stretch)
            + f64::from(usage.output) * output;
        (dollars_per_million * 1_000.0).round() as u64
    }

    /// The most that a call with so many tokens can cost, however its prompt is cached.
    pub fn nano_usd_at_most(&self, input: u64, output: u64) -> u64 {
        let (input_rate, output_rate, stretch) = self.rates(u32::try_from(input).unwrap_or(u32::MAX));
        let input_rate = self.cache_write.map_or(input_rate, |rate| input_rate.max(rate * stretch));
        ((input as f64 * input_rate + output as f64 * output_rate) * 1_000.0).ceil() as u64
    }

    /// Input and output for a prompt of this length, and by what the cache's rates are stretched.
    fn rates(&self, input_tokens: u32) -> (f64, f64, f64) {
        match self.long {
            Some(long) if input_tokens > long.above => {
                let stretch = if self.input > 0.0 { long.input / self.input } else { 1.0 };
                (long.input, long.output, stretch)
            }
            _ => (self.input, self.output, 1.0),
        }
    }
}

/// A price and where it is from.
#[derive(Clone, PartialEq, Debug)]
pub struct Priced {
    pub price: Price,
    /// `config`, the date of the built-in table, or `free` for a server that nobody charges for; with `, batch`
    /// behind it for the price of a batch.
    pub source: Arc<str>,
}

impl Priced {
    /// The same in batches; `None`: not known.
    pub fn in_batches(&self) -> Option<Self> {
        // Nobody charges for it in batches either.
        if *self.source == *"free" {
            return Some(self.clone());
        }
        let price = self.price.in_batches()?;
        Some(Self { price, source: format!("{}, batch", self.source).into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SONNET: Price = Price {
        input: 3.0,
        output: 15.0,
        cache_read: Some(0.3),
        cache_write: Some(3.75),
        batch: None,
        long: Some(LongPrice { above: 200_000, input: 6.0, output: 22.5 }),
    };

    #[test]
    fn every_kind_of_token_has_its_price() {
        let usage = |input, cache_read, cache_write, output| Usage {
            input,
            cache_read,
            cache_write,
            output,
            reasoning: 0,
        };
        assert_eq!(SONNET.nano_usd(usage(1_000, 0, 0, 100)), 4_500_000);
        assert_eq!(SONNET.nano_usd(usage(1_000, 800, 100, 100)), 300_000 + 240_000 + 375_000 + 1_500_000);
        // A long prompt makes the whole request dearer, what is read from the cache included.
        assert_eq!(SONNET.nano_usd(usage(300_000, 100_000, 0, 0)), 1_200_000_000 + 60_000_000);
        let plain = Price { input: 1.0, output: 2.0, ..Price::default() };
        assert_eq!(plain.nano_usd(usage(10, 5, 5, 1)), 12_000);
    }

    #[test]
    fn batches_have_a_price_of_their_own() {
        let price = Price { batch: Some((1.5, 7.5)), ..SONNET };
        let priced = Priced { price, source: "config".into() }.in_batches().unwrap();
        assert_eq!(&*priced.source, "config, batch");
        let usage = Usage { input: 1_000, cache_read: 800, cache_write: 100, output: 100, reasoning: 0 };
        assert_eq!(priced.price.nano_usd(usage) * 2, price.nano_usd(usage));
        assert_eq!(Priced { price: SONNET, source: "config".into() }.in_batches(), None);
        let free = Priced { price: Price::default(), source: "free".into() };
        assert_eq!(free.in_batches(), Some(free));
    }

    #[test]
    fn the_most_is_never_below_what_comes_of_it() {
        for (cache_read, cache_write) in [(0, 0), (900, 0), (0, 1_000), (500, 500)] {
            let usage = Usage { input: 1_000, cache_read, cache_write, output: 400, reasoning: 0 };
            assert!(SONNET.nano_usd(usage) <= SONNET.nano_usd_at_most(1_000, 400));
        }
    }
}
