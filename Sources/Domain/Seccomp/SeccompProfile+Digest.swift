extension SeccompProfile {
  /// A name for the filter that this profile becomes: a digest of the profile, and of `salt`, which names
  /// whatever else decides (the compiler's version, the machine).
  public func contentName(salt: String) -> String {
    SHA256.hexadecimal(of: Array(salt.utf8) + [0] + json.text())
  }
}
