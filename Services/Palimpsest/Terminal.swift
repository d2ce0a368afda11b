import Commands
import Foundation

/// What standard output is connected to.
enum Terminal {
    /// Its columns, or nil where it is no terminal that can change a line in place.
    static var columns: Int? {
        guard isatty(1) == 1, ProcessInfo.processInfo.environment["TERM"] != "dumb" else {
            return nil
        }
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes `line` over the last one, cut so that it stays one line.
    static func rewrite(_ line: String, columns: Int) throws {
        try write("\r\u{1B}[K" + line.prefix(columns - 1))
    }

    /// Writes at once what somebody waits for.
    static func write(_ text: String) throws {
        try Output.write(text)
        try Output.flush()
    }
}

/// A bar of `width` characters of which `share` (0 to 1) is full, in eighths of a character.
func progressBar(_ share: Double, width: Int) -> String {
    let eighths = Int(min(1, max(0, share)) * Double(width * 8))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let text = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    return text.padding(toLength: width, withPad: "░", startingAt: 0)
}

/// A time as people say it: "42 s", "3 min 20 s", "5 h 07 min", "2 d 3 h".
func duration(_ seconds: Double) -> String {
    let seconds = Int(max(0, min(seconds, 1e9)))
    switch seconds {
    case ..<60: return "\(seconds) s"
    case ..<3_600: return "\(seconds / 60) min \(twoDigits(seconds % 60)) s"
    case ..<86_400: return "\(seconds / 3_600) h \(twoDigits(seconds / 60 % 60)) min"
    default: return "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
    }
}

private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
