import Diffusion
import Foundation
import Tensors
import Testing

/// The step of all numbers below: λt = −1.3, λs = 0.4, z = 0.7, predicted data −0.2.
struct TransitionTests {
    private func mean(_ step: Transition) -> Double {
        step.noisedWeight * 0.7 + step.dataWeight * -0.2
    }

    @Test(arguments: [(0, 0.327999), (1, 0.642276), (0.3, 0.401261)])
    func `the ancestral step has the computed numbers`(mix: Double, deviation: Double) {
        let step = Transition.posterior(from: -1.3, to: 0.4, varianceMix: mix)
        #expect(isNear(mean(step), 0.0873281, 6e-8))
        // The reference numbers are variances.
        #expect(isNear(step.deviation * step.deviation, deviation, 6e-7))
    }

    @Test func `the DDIM step has the computed number`() {
        let step = Transition.ddim(from: -1.3, to: 0.4)
        #expect(isNear(mean(step), 0.411627, 6e-7))
        #expect(step.deviation == 0)
    }

    @Test func `the mixed step has the computed numbers`() {
        let step = Transition.mixed(from: -1.3, to: 0.4, stochasticity: 0.25)
        #expect(isNear(mean(step), 0.330552, 6e-7))
        #expect(isNear(step.deviation * step.deviation, 0.106669, 6e-7))
    }

    @Test func `the mix has DDIM and the posterior at its ends`() {
        let close = { (a: Transition, b: Transition) in
            isNear(a.noisedWeight, b.noisedWeight, 1e-12)
                && isNear(a.dataWeight, b.dataWeight, 1e-12)
                && isNear(a.deviation, b.deviation, 1e-7)
        }
        for (t, s) in [(-1.3, 0.4), (-9.0, -8.9), (3.0, 9.0)] {
            #expect(close(.mixed(from: t, to: s, stochasticity: 0), .ddim(from: t, to: s)))
            #expect(close(.mixed(from: t, to: s, stochasticity: 1), .posterior(from: t, to: s)))
        }
    }

    /// Precisions of independent observations add: 1 / var = 1 / sigma_s² + a² / var_ts with
    /// a = alpha_t / alpha_s and var_ts = sigma_t² − a² sigma_s².
    @Test(arguments: [(-1.3, 0.4), (-9.9, -2.0), (-0.1, 0.1), (4.0, 9.9)])
    func `the posterior is the product of two Gaussians`(t: Double, s: Double) {
        let step = Transition.posterior(from: t, to: s)
        let a = (sigmoid(t) / sigmoid(s)).squareRoot()
        let forward = sigmoid(-t) - a * a * sigmoid(-s)
        let precision = 1 / sigmoid(-s) + a * a / forward
        #expect(abs(step.deviation * step.deviation * precision - 1) < 1e-9)
        #expect(abs(step.noisedWeight * forward / a * precision - 1) < 1e-9)
        let dataWeight = sigmoid(s).squareRoot() / sigmoid(-s) / precision
        #expect(abs(step.dataWeight / dataWeight - 1) < 1e-9)
    }

    /// With the right data each step keeps the marginal: alpha_s of data and variance sigma_s².
    @Test(arguments: [0.0, 0.25, 1])
    func `a step with the right data reaches the next marginal`(stochasticity: Double) {
        for (t, s) in [(-10.0, -9.0), (-1.3, 0.4), (2.0, 10.0)] {
            let step = Transition.mixed(from: t, to: s, stochasticity: stochasticity)
            let signal = step.noisedWeight * sigmoid(t).squareRoot() + step.dataWeight
            #expect(isNear(signal, sigmoid(s).squareRoot(), 1e-12))
            // A step without noise carries the old noise over and leaves nothing to draw.
            let variance = pow(step.noisedWeight, 2) * sigmoid(-t) + pow(step.deviation, 2)
            #expect(isNear(variance, sigmoid(-s), 1e-12))
        }
    }

    /// Draws of z_s, then z_t; regressing z_s on z_t for fixed data gives the posterior's mean and
    /// residual. 200 000 draws: the slope's standard error is deviation / (sigma_t √n) = 0.0015,
    /// the mean's 0.0013, the variance's 0.0032 of itself; five are allowed.
    @Test func `the posterior is what conditioning simulated draws gives`() {
        let (t, s, data) = (-1.3, 0.4, -0.2)
        let generator = Generator(seed: 12)
        let draw = { Tensor.normal([200_000], using: generator).to(.float64) }
        let a = (sigmoid(t) / sigmoid(s)).squareRoot()
        let forward = (sigmoid(-t) - a * a * sigmoid(-s)).squareRoot()
        let zs = draw() * sigmoid(-s).squareRoot() + data * sigmoid(s).squareRoot()
        let zt = zs * a + draw() * forward
        let (ms, mt) = (zs.mean().item, zt.mean().item)
        let slope = ((zs - ms) * (zt - mt)).mean().item / (zt - mt).meanSquare
        let residual = (zs - ms - (zt - mt) * slope).meanSquare
        let step = Transition.posterior(from: t, to: s)
        #expect(isNear(slope, step.noisedWeight, 0.0075))
        #expect(isNear(ms - slope * mt, step.dataWeight * data, 0.0065))
        #expect(abs(residual / pow(step.deviation, 2) - 1) < 0.016)
    }

    @Test func `a step to clean data returns the data exactly`() {
        let (noised, data) = (pixel(0.7), pixel(-0.2))
        for lambda in [-10.0, 0, 9.9] {
            let steps: [Transition] = [
                .posterior(from: lambda, to: .infinity, varianceMix: 0.3),
                .ddim(from: lambda, to: .infinity),
                .mixed(from: lambda, to: .infinity, stochasticity: 0.25),
            ]
            for step in steps {
                #expect(step(noised, data: data, noise: pixel(5)).floats == data.floats)
            }
        }
    }

    @Test func `a step to its own level stays where it is`() {
        for lambda in [-9.0, 0, 4] {
            let steps: [Transition] = [
                .ddim(from: lambda, to: lambda),
                .posterior(from: lambda, to: lambda, varianceMix: 0.3),
                .mixed(from: lambda, to: lambda, stochasticity: 0.5),
            ]
            for step in steps {
                #expect((step.noisedWeight, step.dataWeight, step.deviation) == (1, 0, 0))
            }
        }
    }

    @Test func `two DDIM steps with the same data are one`() {
        let first = Transition.ddim(from: -4, to: -1)
        let second = Transition.ddim(from: -1, to: 2)
        let whole = Transition.ddim(from: -4, to: 2)
        #expect(isNear(second.noisedWeight * first.noisedWeight, whole.noisedWeight, 1e-14))
        let weight = second.noisedWeight * first.dataWeight + second.dataWeight
        #expect(isNear(weight, whole.dataWeight, 1e-14))
    }

    /// A step of 1e-6 moves by 5e-7 · alpha_s sigma-free; subtracting the amplitudes instead would
    /// keep nine digits.
    @Test func `a short DDIM step keeps all digits`() {
        let (t, h) = (1.0, 1e-6)
        let exact = sigmoid(t + h).squareRoot() * (h / 2 - h * h / 8 + h * h * h / 48)
        #expect(abs(Transition.ddim(from: t, to: t + h).dataWeight / exact - 1) < 1e-9)
    }

    @Test func `inverse DDIM finds the data of the step`() {
        let generator = Generator(seed: 14)
        let draw = { Tensor.normal([2, 3, 4, 4], using: generator) }
        let (noised, data) = (draw(), draw())
        for (t, s) in [(-9.0, -3.0), (-1.3, 0.4), (0.0, 8.0)] {
            let step = Transition.ddim(from: t, to: s)
            let found = step.data(from: noised, reaching: step(noised, data: data))
            // Rounding of z_s, 1e-7 of about 3, over dataWeight, which is 0.2 at the first level.
            #expect(found.distance(to: data) < 1e-5)
        }
    }

    @Test func `a batch takes a step of its own in each example`() {
        let generator = Generator(seed: 15)
        let draw = { Tensor.normal([3, 2, 4, 4], using: generator) }
        let (noised, data, noise) = (draw(), draw(), draw())
        let levels: [(current: Double, next: Double)] = [(-1.3, 0.4), (-6, -5.5), (2, .infinity)]
        let together = posteriorSample(noised, data: data, noise: noise, levels: levels)
        for (index, level) in levels.enumerated() {
            let one = { (x: Tensor) in x.narrowed(0, from: index, count: 1) }
            let step = Transition.posterior(from: level.current, to: level.next)
            let alone = step(one(noised), data: one(data), noise: one(noise))
            #expect(one(together).distance(to: alone) < 1e-6)
        }
        let last = together.narrowed(0, from: 2, count: 1)
        #expect(last.floats == data.narrowed(0, from: 2, count: 1).floats)
    }
}
