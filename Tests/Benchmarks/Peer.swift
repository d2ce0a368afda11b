import Foundation
import Jobs
import Lifecycle

/// The same network in eager PyTorch (peer/peer.py): a child that answers one JSON line a request.
final class Peer {
    struct Request: Encodable {
        /// "train" for steps, "sample" for sets of samples.
        var `do`: String
        var precision: Precision
        var threads: Int
        /// How many to do.
        var count = 1
    }

    struct Answer: Decodable {
        var seconds: [Double]
        /// Of all threads together.
        var cpuSeconds: [Double]
        /// The last loss, or the mean of the last samples.
        var value: Double
        var peakMib: Int
    }

    private static let python = ".deps/peer/bin/python"
    /// Whether `make peer` has made its environment, which `make bench` speaks of.
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: python) }

    private let process = Process()
    private let (requests, answers) = (Pipe(), Pipe())

    /// Starts the peer on the tensors in the file `inputs`.
    init(_ inputs: URL, headWidth: Int) throws {
        process.executableURL = URL(filePath: Peer.python)
        process.arguments = ["Tests/Benchmarks/peer/peer.py", inputs.path, String(headWidth)]
        (process.standardInput, process.standardOutput) = (requests, answers)
        try process.start()
    }

    func ask(_ request: Request) throws -> Answer {
        let line = try JSON(encoding: request).canonical + [0x0A]
        try requests.fileHandleForWriting.write(contentsOf: line)
        var answer = Data()
        while answer.last != 0x0A {
            let piece = answers.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw JobFailure(.lost, "the peer ended; see above") }
            answer.append(piece)
        }
        return try JSON(parsing: answer).decode(Answer.self)
    }

    /// Ends the peer.
    func close() throws {
        try requests.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
