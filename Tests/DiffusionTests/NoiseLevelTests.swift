import Diffusion
import Foundation
import Tensors
import Testing

struct NoiseLevelTests {
    @Test func `signal and noise share the variance`() {
        let level = NoiseLevel([-40, -15, -3, 0, 0.5, 12, 40])
        let total = level.alpha.to(.float64).squared() + level.sigma.to(.float64).squared()
        #expect(level.alpha.shape == [7, 1, 1, 1])
        #expect(level.alpha.dtype == .float32)
        // Each amplitude is rounded to 24 bits, so its square is off by up to 2⁻²³.
        #expect(total.doubles.allSatisfy { abs($0 - 1) < 0x1p-22 })
    }

    @Test func `infinite logSNR is clean data and its opposite pure noise`() {
        let level = NoiseLevel([.infinity, -.infinity])
        #expect(level.alpha.doubles == [1, 0])
        #expect(level.sigma.doubles == [0, 1])
    }

    @Test func `amplitudes have the ratio e to half the logSNR`() {
        let level = NoiseLevel([-30, -1.3, 0, 0.4, 30])
        let ratios = (level.alpha.to(.float64) / level.sigma.to(.float64)).log().doubles
        for (ratio, logSNR) in zip(ratios, level.logSNRs) {
            #expect(abs(2 * ratio - logSNR) < 1e-6)
        }
    }

    /// float32 holds 6e-8 of a number; dividing by sigma or alpha enlarges it by up to e⁵ = 148.
    @Test(arguments: [-9.9, -5, -1, 0, 2, 9.9])
    func `a prediction survives the way through data, noise and velocity`(logSNR: Double) {
        let generator = Generator(seed: 1)
        let (data, noise) = (
            Tensor.normal([2, 3, 8, 8], using: generator),
            Tensor.normal([2, 3, 8, 8], using: generator)
        )
        let level = NoiseLevel(logSNR, count: 2)
        let noised = level.noised(data, noise)
        let velocity = level.velocity(data, noise)
        #expect(level.data(noised, velocity: velocity).distance(to: data) < 1e-5)
        #expect(level.noise(noised, velocity: velocity).distance(to: noise) < 1e-5)
        let found = level.noise(noised, data: level.data(noised, velocity: velocity))
        #expect(found.distance(to: noise) < 1e-4 * max(1, exp(logSNR / 2) / 10))
        #expect(level.velocity(data, found).distance(to: velocity) < 1e-3)
    }

    /// Errors of one prediction: ‖ε‖² = e^λ ‖x‖² = alpha² ‖v‖² and ‖x‖² = sigma² ‖v‖².
    @Test(arguments: [-4.0, 0, 4])
    func `errors convert as the squares of the amplitudes`(logSNR: Double) {
        let generator = Generator(seed: 2)
        let draw = { Tensor.normal([1, 3, 16, 16], using: generator) }
        let (data, noise, guess) = (draw(), draw(), draw())
        let level = NoiseLevel(logSNR, count: 1)
        let noised = level.noised(data, noise)
        let velocity = (guess - level.velocity(data, noise)).meanSquare
        let ofData = (level.data(noised, velocity: guess) - data).meanSquare
        let ofNoise = (level.noise(noised, velocity: guess) - noise).meanSquare
        #expect(abs(ofData / (sigmoid(-logSNR) * velocity) - 1) < 1e-5)
        #expect(abs(ofNoise / (sigmoid(logSNR) * velocity) - 1) < 1e-5)
        #expect(abs(ofNoise / (exp(logSNR) * ofData) - 1) < 1e-5)
    }

    /// Why schedules shift: pooling s × s pixels divides noise by s, so an upsampled image at
    /// λ − 2 ln s looks, pooled, like the small one at λ.
    ///
    /// 262 144 pooled draws: a mean's standard error is 0.002 sigma, a variance's 0.0028 of itself;
    /// five are allowed.
    @Test func `an upsampled image at the shifted logSNR pools to the small one`() {
        let (size, pixels, lambda, value) = (4, 512, 1.2, 0.6)
        let small = NoiseLevel(lambda, count: 1)
        let large = NoiseLevel(lambda - 2 * log(Double(size)), count: 1)
        let noise = Tensor.normal([1, 1, pixels * size, pixels * size], using: Generator(seed: 5))
        let pooled = large.noised(noise.zerosLike() + value, noise).averagePooled(size)
        let (alpha, sigma) = (large.alpha.item, large.sigma.item)
        let scale = (alpha * alpha + sigma * sigma / Double(size * size)).squareRoot()
        let rescaled = pooled / scale
        let mean = rescaled.mean().item
        let variance = (rescaled - mean).meanSquare
        #expect(abs(mean - small.alpha.item * value) < 0.01 * small.sigma.item)
        #expect(abs(variance / pow(small.sigma.item, 2) - 1) < 0.014)
    }
}
