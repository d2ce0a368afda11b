import Diffusion
import Foundation
import Jobs
import Testing

/// Numbers of four decimals are computed by hand from the equations of arXiv:2301.11093.
struct ScheduleTests {
    @Test(arguments: [(0.1, 3.6797), (0.25, 1.7612), (0.5, 0)])
    func `the cosine between -15 and 15 has the computed values`(time: Double, logSNR: Double) {
        #expect(isNear(schedule(.cosine, range: 15).logSNR(time), logSNR, 6e-5))
    }

    @Test(arguments: [(0.1, 3.6168), (0.25, 1.7438), (0.5, 0), (0, 10), (1, -10)])
    func `the cosine between -10 and 10 has the computed values`(time: Double, logSNR: Double) {
        #expect(isNear(schedule(.cosine).logSNR(time), logSNR, 6e-5))
    }

    @Test(arguments: [(128, -1.3863), (256, -2.7726), (512, -4.1589), (1024, -5.5452)])
    func `a shift is twice the logarithm of the ratio of sides`(side: Int, shift: Double) {
        let plain = schedule(.cosine)
        let shifted = schedule(.shifted, low: 64, resolution: side)
        for time in [0, 0.3, 1] {
            #expect(isNear(shifted.logSNR(time) - plain.logSNR(time), shift, 6e-5))
            #expect(isNear(shifted.slope(time), plain.slope(time), 1e-9))
        }
    }

    /// Figure 3 of the paper: at 512 pixels with reference 64 signal and noise balance early.
    @Test func `at 512 pixels signal equals noise at time 0.0789`() {
        let shifted = schedule(.shifted, range: 15, low: 64, resolution: 512)
        #expect(shifted.logSNR(0.0788) > 0)
        #expect(shifted.logSNR(0.0790) < 0)
    }

    @Test(arguments: [
        (0, 15.00), (0.1, 3.13), (0.25, 0.37), (0.5, -2.77), (0.75, -5.92), (0.9, -8.67),
        (1, -20.55),
    ])
    func `the interpolation has the computed values`(time: Double, logSNR: Double) {
        let interpolated = schedule(.interpolated, range: 15, low: 32, resolution: 512)
        #expect(isNear(interpolated.logSNR(time), logSNR, 0.0051))
    }

    @Test(arguments: [(0.1, -1.31), (0.5, -2.77), (0.9, -4.23)])
    func `exchanged references give equation 6 as printed`(time: Double, logSNR: Double) {
        let printed = schedule(.interpolated, range: 15, low: 512, high: 32, resolution: 512)
        #expect(isNear(printed.logSNR(time), logSNR, 0.0051))
    }

    @Test(arguments: ScheduleSpec.Kind.allCases, [32, 64, 128, 512, 1024])
    func `logSNR falls from one time to the next`(kind: ScheduleSpec.Kind, side: Int) {
        let levels = schedule(kind, resolution: side).levels(steps: 1000)
        #expect(levels.count == 1001)
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 > $0 })
    }

    /// The central difference of width 2e-5 errs by the third derivative times 7e-11, which near
    /// the ends reaches 1e-3 of the slope.
    @Test(arguments: ScheduleSpec.Kind.allCases)
    func `the slope is the derivative`(kind: ScheduleSpec.Kind) {
        let schedule = schedule(kind, resolution: 256)
        for time in [0.001, 0.01, 0.2, 0.5, 0.9, 0.999] {
            let difference = (schedule.logSNR(time + 1e-5) - schedule.logSNR(time - 1e-5)) / 2e-5
            #expect(abs(schedule.slope(time) / difference - 1) < 2e-3)
        }
    }

    @Test func `references that would make logSNR rise are refused`() async {
        var spec = ScheduleSpec()
        spec.kind = .interpolated
        (spec.referenceLow, spec.referenceHigh) = (1024, 32)
        var diffusion = DiffusionSpec()
        diffusion.schedule = spec
        let job = JobSpec.train(.diffusion(diffusion))
        #expect(throws: SpecError.self) { try job.validate() }
        await #expect(processExitsWith: .failure) {
            _ = schedule(.interpolated, low: 1024, high: 32)
        }
    }
}
