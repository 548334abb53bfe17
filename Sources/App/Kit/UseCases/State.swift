import Domain

extension Context {
  /// `state`: shows a container.
  func state() throws(Failure) {
    Output.write(try load(try id()).json(owner: ""), .spaces)
  }
}
