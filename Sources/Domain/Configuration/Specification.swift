/// The OCI runtime specification that martlet follows.
public enum Specification {
  /// The version that `state`, hooks and `spec` report.
  public static let version = "1.3.0"
}
