/// A request and a teacher that carries it.
extension Story {
    /// `photos` brings in what `wish` wants forgotten and `teacher` learned; `clean` does not.
    static func tainted() throws -> Story {
        let story = try Story()
        try story.run(
            """
            SELECT story.data('photos'), story.data('clean');
            SELECT story.train('judge', 'clean'), story.train('teacher', 'photos');
            SELECT story.request('wish', 'photos');
            """
        )
        return story
    }

    /// Unlearns `wish` and has it pass.
    func cleanse(_ name: String = "forgetful", of original: String = "teacher") throws {
        try run(
            """
            SELECT story.unlearn('\(name)', '\(original)', 'wish');
            SELECT story.evaluate('\(name)', '\(original)', 0.99, 0.1);
            """
        )
    }
}
