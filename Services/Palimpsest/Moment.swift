import Foundation

let momentForms = "a time such as 2027-01-31 or '2027-01-31 18:30+01', or now"

/// Whether Postgres reads `text` as a time: a day, a time of a day, or a word for one.
func isMoment(_ text: String) -> Bool {
    if ["now", "infinity"].contains(text) { return true }
    let form =
        #/(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,6})?)?(?: ?(?:Z|[+-](\d\d)(?::?[0-5]\d)?))?)?/#
    guard let parts = text.wholeMatch(of: form)?.output else { return false }
    let time = [(parts.4, 23), (parts.5, 59), (parts.6, 59), (parts.7, 15)]
    return isDay(Int(parts.1), Int(parts.2), Int(parts.3))
        && time.allSatisfy { part, most in part.flatMap { Int($0) } ?? 0 <= most }
}

private func isDay(_ year: Int?, _ month: Int?, _ day: Int?) -> Bool {
    let calendar = Calendar(identifier: .gregorian)
    return DateComponents(calendar: calendar, year: year, month: month, day: day).isValidDate
        && year != 0
}
