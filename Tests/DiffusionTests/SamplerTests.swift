import Diffusion
import Foundation
import Jobs
import Tensors
import Testing

/// For Gaussian data the best denoiser is linear, so each sampler's result is a formula.
struct SamplerTests {
    /// For data from N(0, 1) the best velocity is 0 and a DDIM step from angle u to u − d multiplies
    /// by cos d; the last returns cos(u) z. With T steps over the angle `span` that starts at
    /// `clean` the product is cos(span / T)^(T−1) · cos(clean + span / T).
    @Test(arguments: [1, 2, 8, 64])
    func `ddim on unit Gaussian data keeps the cosine of each step`(steps: Int) {
        let (clean, noisy) = (atan(exp(-5.0)), atan(exp(5.0)))
        let angle = (noisy - clean) / Double(steps)
        let expected = pow(cos(angle), Double(steps - 1)) * cos(clean + angle)
        let noise = Tensor.normal([2, 3, 4, 4], using: Generator(seed: 1))
        let levels = schedule(.cosine).levels(steps: steps)
        let sample = ddim(noise, through: levels, with: gaussianDenoiser(deviation: 1))
        #expect(sample.distance(to: noise * expected) < 2e-6 * Double(steps))
    }

    /// The exact flow multiplies by the ratio of standard deviations at the ends, here that of
    /// data 0.5 · N(0, 1) at λ = 10 and −10. DDIM is of first order: twice the steps, half the
    /// error. The last step's jump from λ(1/T) to data is of first order too.
    @Test func `ddim converges to the exact flow in the first order`() {
        let spread = { (lambda: Double) in (0.25 * sigmoid(lambda) + sigmoid(-lambda)).squareRoot()
        }
        let exact = spread(10) / spread(-10)
        let errors = [64, 128, 256].map { steps in
            let levels = schedule(.cosine).levels(steps: steps)
            let sample = ddim(pixel(1), through: levels, with: gaussianDenoiser(deviation: 0.5))
            return abs(sample.item - exact)
        }
        #expect(errors[2] < 0.01)
        for (coarse, fine) in zip(errors, errors.dropFirst()) {
            #expect((1.7...2.3).contains(coarse / fine))
        }
    }

    /// Var z_s = (noisedWeight + dataWeight · gain)² Var z_t + deviation², from Var = 1.
    ///
    /// 12 288 draws: the variance's standard error is 1.3 % of it, the mean's 0.9 % of the
    /// deviation; four are allowed.
    @Test(arguments: [0.0, 0.3, 1])
    func `ancestral samples have the moments of the recursion`(mix: Double) {
        let levels = schedule(.cosine).levels(steps: 6)
        var variance = 1.0
        for (t, s) in zip(levels, levels.dropFirst().dropLast()) {
            let step = Transition.posterior(from: t, to: s, varianceMix: mix)
            let gain = step.noisedWeight + step.dataWeight * gaussianGain(t, deviation: 0.5)
            variance = gain * gain * variance + step.deviation * step.deviation
        }
        variance *= pow(gaussianGain(levels[5], deviation: 0.5), 2)
        let noise = SampleNoise(seed: 3, indices: Array(0..<64), shape: [3, 8, 8])
        let sample = ancestral(
            noise,
            through: levels,
            varianceMix: mix,
            with: gaussianDenoiser(deviation: 0.5)
        )
        #expect(abs(sample.meanSquare / variance - 1) < 0.052)
        #expect(abs(sample.mean().item) < 0.036 * variance.squareRoot())
    }

    /// The recursion above tends to the data's variance, 0.25, in the first order: eight times the
    /// steps, an eighth of the error.
    @Test(arguments: [0.0, 1])
    func `ancestral sampling tends to the data's variance`(mix: Double) {
        let errors = [64, 512].map { steps in
            let levels = schedule(.cosine).levels(steps: steps)
            var variance = 1.0
            for (t, s) in zip(levels, levels.dropFirst().dropLast()) {
                let step = Transition.posterior(from: t, to: s, varianceMix: mix)
                let gain = step.noisedWeight + step.dataWeight * gaussianGain(t, deviation: 0.5)
                variance = gain * gain * variance + step.deviation * step.deviation
            }
            variance *= pow(gaussianGain(levels[steps - 1], deviation: 0.5), 2)
            return abs(variance / 0.25 - 1)
        }
        #expect(errors[1] < 0.02)
        #expect((6...10).contains(errors[0] / errors[1]))
    }

    @Test func `without missing variance adjusted DDIM is DDIM`() {
        let noise = Tensor.normal([2, 3, 4, 4], using: Generator(seed: 4))
        let levels = schedule(.cosine).levels(steps: 8)
        let denoiser = gaussianDenoiser(deviation: 0.5)
        let plain = ddim(noise, through: levels, with: denoiser)
        let same = adjustedDDIM(noise, through: levels, variance: { _ in 0 }, with: denoiser)
        #expect(same.distance(to: plain) < 1e-5)
    }

    /// Two levels and data 0 predicted: z_s = √(sigma_s² + c² V / mean(ε̂²)) ε̂ with ε̂ = z / sigma_t
    /// and mean(z²) = 4, then the identity shows z_s.
    @Test func `adjusted DDIM enlarges the predicted noise as its equation says`() {
        let (t, s) = (-1.0, 0.5)
        let noise = Tensor([2, -2, 2, 2] as [Float], [1, 1, 2, 2])
        let sample = adjustedDDIM(noise, through: [t, s, 10]) { noised, level in
            level == t ? noised * 0 : noised
        }
        let c = sigmoid(s).squareRoot() - (sigmoid(t) * sigmoid(-s) / sigmoid(-t)).squareRoot()
        let missing = 0.1 / (2 + exp(t))
        let factor = (sigmoid(-s) + c * c * missing / (4 / sigmoid(-t))).squareRoot()
        #expect(sample.distance(to: noise * (factor / sigmoid(-t).squareRoot())) < 1e-6)
    }

    @Test func `adjusted DDIM treats each image by itself`() {
        let noise = Tensor.normal([3, 1, 4, 4], using: Generator(seed: 5))
        let levels = schedule(.cosine).levels(steps: 4)
        let denoiser = gaussianDenoiser(deviation: 0.5)
        let together = adjustedDDIM(noise, through: levels, with: denoiser)
        let alone = adjustedDDIM(
            noise.narrowed(0, from: 1, count: 1),
            through: levels,
            with: denoiser
        )
        #expect(together.narrowed(0, from: 1, count: 1).distance(to: alone) < 1e-6)
    }

    @Test(arguments: SamplerSpec.Kind.allCases)
    func `one step returns the prediction for pure noise`(kind: SamplerSpec.Kind) {
        let noise = SampleNoise(seed: 6, indices: [0, 1], shape: [1, 2, 2])
        let sample = sample(SamplerSpec(kind: kind, steps: 1), noise, schedule(.cosine)) {
            noised,
            logSNR in noised * logSNR
        }
        #expect(sample.distance(to: noise.initial * -10) < 1e-5)
    }

    @Test(arguments: SamplerSpec.Kind.allCases)
    func `a sample does not depend on its batch`(kind: SamplerSpec.Kind) {
        let draw = { (indices: [Int]) in
            sample(
                SamplerSpec(kind: kind, steps: 4),
                SampleNoise(seed: 7, indices: indices, shape: [1, 4, 4]),
                schedule(.cosine),
                with: gaussianDenoiser(deviation: 0.5)
            )
        }
        let together = draw([5, 9, 2])
        #expect(together.narrowed(0, from: 1, count: 1).floats == draw([9]).floats)
        #expect(
            together.narrowed(0, from: 0, count: 1).floats
                == draw([5, 0]).narrowed(0, from: 0, count: 1).floats
        )
    }

    @Test func `samples carry no gradients`() {
        let weight = Tensor([1] as [Float], [1])
        weight.requiresGradient = true
        let noise = SampleNoise(seed: 8, indices: [0], shape: [1, 2, 2])
        let sample = sample(SamplerSpec(kind: .ddim, steps: 2), noise, schedule(.cosine)) { x, _ in
            x * weight
        }
        #expect(sample.requiresGradient == false)
    }
}
