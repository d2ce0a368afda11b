import Diffusion
import Foundation
import Jobs
import Tensors
import Testing

struct LossTests {
    /// Data −sigma and noise alpha have velocity 1 at every level, so a network that answers 0 has
    /// the squared error 1 and a loss is the mean of its weights.
    private func unitVelocity(_ level: NoiseLevel, side: Int = 1) -> (data: Tensor, noise: Tensor) {
        let shape = [level.logSNRs.count, 1, side, side]
        return (-level.sigma.expanded(shape), level.alpha.expanded(shape))
    }

    /// The loss over −dλ/dt / 2, which leaves the weight on velocity.
    @Test(arguments: [(0, 0, 0.25), (0, -3, 0.02371), (-3, -3, 0.02371)])
    func `the sigmoid loss weighs velocity as computed`(lambda: Double, b: Double, weight: Double) {
        let schedule = schedule(.cosine)
        // λ = −2 ln tan u with u = a₀ + t (a₁ − a₀), solved for t.
        let (start, end) = (atan(exp(-5.0)), atan(exp(5.0)))
        let time = (atan(exp(-lambda / 2)) - start) / (end - start)
        let (data, noise) = unitVelocity(NoiseLevel([schedule.logSNR(time)]))
        let loss = sigmoidLoss(data, noise, [time], schedule, bias: b) { noised, _ in noised * 0 }
        #expect(abs(loss.item / (-0.5 * schedule.slope(time)) - weight) < 6e-6)
    }

    /// ½ ∫ sigmoid(b − λ) sigmoid(λ) dλ = b / (2 (1 − e^−b)): the schedule only samples it.
    /// 0.4 % is left to the range that the schedules cover.
    @Test(arguments: [
        (2, 1.1565), (0, 0.5), (-1, 0.2910), (-2, 0.1565), (-3, 0.0786), (-4, 0.0373),
    ])
    func `the sigmoid loss of no answer is its closed form`(bias: Double, expected: Double) {
        let times = (0..<4096).map { (Double($0) + 0.5) / 4096 }
        let schedules = [
            schedule(.cosine), schedule(.cosine, range: 15),
            schedule(.shifted, range: 15, low: 64, resolution: 512),
            schedule(.interpolated, range: 15, resolution: 512),
        ]
        for schedule in schedules {
            let (data, noise) = unitVelocity(NoiseLevel(times.map(schedule.logSNR)))
            let loss = sigmoidLoss(data, noise, times, schedule, bias: bias) { x, _ in x * 0 }
            #expect(abs(loss.item / expected - 1) < 0.004)
        }
    }

    /// Velocity² of unit Gaussians has mean 1 and standard deviation √2, so the mean over 3·16·16
    /// pixels strays by 0.051; averaged over 512 examples with weights of ratio up to 5 beside the
    /// mean, by 0.5 %. Four are allowed.
    @Test func `a whole draw of the sigmoid loss meets the closed form`() {
        let generator = Generator(seed: 3, step: 7)
        let data = Tensor.normal([512, 3, 16, 16], using: generator)
        var spec = LossSpec()
        spec.bias = 0
        let loss = diffusionLoss(spec, data, schedule(.cosine), using: generator) { x, _ in x * 0 }
        #expect(abs(loss.item - 0.5) < 0.01)
    }

    /// Without an answer ε − ε̂ = alpha · velocity.
    @Test(arguments: [-6.0, 0, 3])
    func `the epsilon loss of no answer is alpha squared`(logSNR: Double) {
        let level = NoiseLevel(logSNR, count: 2)
        let (data, noise) = unitVelocity(level, side: 4)
        let loss = epsilonLoss(data, noise, level) { noised, _ in noised * 0 }
        #expect(abs(loss.item - sigmoid(logSNR)) < 1e-6)
    }

    /// Pooling keeps a constant error, so only the weights 1 / side add up.
    @Test(arguments: [(64, [32, 64]), (96, [32, 96]), (128, [32, 64, 128])])
    func `the multiscale loss weighs each side by its inverse`(side: Int, sides: [Int]) {
        let weights = sides.reduce(0) { $0 + 1 / Double($1) }
        let level = NoiseLevel(1.5, count: 1)
        let (data, noise) = unitVelocity(level, side: side)
        let loss = epsilonLoss(data, noise, level, multiscale: true) { noised, _ in noised * 0 }
        #expect(abs(loss.item / (sigmoid(1.5) * weights) - 1) < 1e-5)
    }

    /// White error of variance v pools k × k to v / k². 64² pixels of 8 images: 2.2 % standard
    /// deviation at 32 pixels, which has 4/6 of the loss; five are allowed.
    @Test func `pooling takes white error out of the multiscale loss`() {
        let generator = Generator(seed: 4)
        let level = NoiseLevel(0, count: 8)
        let data = Tensor.normal([8, 1, 64, 64], using: generator)
        let noise = Tensor.normal([8, 1, 64, 64], using: generator)
        let loss = epsilonLoss(data, noise, level, multiscale: true) { noised, _ in noised * 0 }
        #expect(abs(loss.item / (0.5 * (1.0 / 64 + 0.25 / 32)) - 1) < 0.1)
    }

    /// For data from N(0, 1) the best velocity is 0: the loss of p · z is least at p = 0. The
    /// gradient there is a mean of −2 w z v with z, v independent; its standard error over 393 216
    /// pixels is below 0.01.
    @Test(arguments: LossSpec.Kind.allCases)
    func `on unit Gaussian data the best velocity is 0`(kind: LossSpec.Kind) {
        var spec = LossSpec()
        spec.kind = kind
        spec.bias = 0
        let scale = Tensor([0] as [Float], [1])
        scale.requiresGradient = true
        let generator = Generator(seed: 6)
        let data = Tensor.normal([512, 3, 16, 16], using: generator)
        let loss = diffusionLoss(spec, data, schedule(.cosine), using: generator) { x, _ in
            x * scale
        }
        #expect(abs(loss.gradients(of: [scale])[0].item) < 0.05)
    }

    @Test(arguments: LossSpec.Kind.allCases)
    func `the right answer costs nothing`(kind: LossSpec.Kind) {
        var spec = LossSpec()
        spec.kind = kind
        // Data 0 makes the noised image sigma · noise, so velocity is alpha / sigma times it.
        let data = Tensor.zeros([16, 1, 4, 4])
        let loss = diffusionLoss(spec, data, schedule(.cosine), using: Generator(seed: 8)) {
            noised,
            logSNR in noised * (logSNR / 2).exp().reshaped([16, 1, 1, 1])
        }
        // Rounding of noised · e^(λ/2) is 2⁻²³ of alpha · noise; weights reach 250.
        #expect(loss.item < 1e-9)
    }

    @Test func `a draw repeats by seed and step and differs between steps`() {
        let data = Tensor.zeros([4, 1, 4, 4]) + 0.5
        let loss = { (step: Int) in
            diffusionLoss(
                LossSpec(),
                data,
                schedule(.cosine),
                using: Generator(seed: 9, step: step)
            ) { noised, _ in noised }.item
        }
        #expect(loss(1) == loss(1))
        #expect(loss(1) != loss(2))
    }

    @Test func `times of a batch are evenly spread`() {
        let times = spreadTimes(64, using: Generator(seed: 1, step: 2)).sorted()
        #expect(times.allSatisfy { (0..<1).contains($0) })
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(gaps.allSatisfy { abs($0 - 1.0 / 64) < 1e-12 })
        #expect(
            spreadTimes(4, using: Generator(seed: 1)) != spreadTimes(4, using: Generator(seed: 2))
        )
    }
}
