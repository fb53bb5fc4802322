#!/usr/bin/env bash
# Maven Surefire: a test that is skipped when it is rerun turns a red build green.
#
# With surefire.rerunFailingTestsCount=1, a test fails, and an assumption skips it
# when it is rerun. Surefire's report writer throws an exception. The test process
# runs on, but Maven gets no more results from it:
#
#   the report of this class is truncated;
#   so are the reports of all later classes, and the first class's test shows up in
#   them;
#   failures in any of these classes are neither printed nor counted, and mvn exits
#   with 0.
#
# Without reruns, or with forkCount=0, the same classes make mvn exit with 1. Running
# tests in a separate process is Surefire's default. That the report isn't
# well-formed XML is known as SUREFIRE-1556; the surprise is the green build.
#
# A release bot can't rely on mvn's exit code here. It must count a report that it
# can't read as a failure, even if all other reports are fine.
#
# Needs Debian's packages maven, libsurefire-java (2.22.3), junit4 and a JDK.
# Fails when a version behaves differently.
set -euo pipefail
version=2.22.3

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >pom.xml <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>shop</groupId>
  <artifactId>shop</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.x</version></dependency>
  </dependencies>
</project>
XML
echo '<settings><localRepository>/usr/share/maven-repo</localRepository></settings>' >settings.xml
cat >AQueueTest.java <<'JAVA'
import org.junit.*;

public class AQueueTest {
	static boolean broken;

	// push breaks the queue, and needs one that works.
	@Test public void push() {
		Assume.assumeFalse("the queue is broken", broken);
		broken = true;
		Assert.fail("the queue broke");
	}
}
JAVA
cat >BRefundTest.java <<'JAVA'
import org.junit.*;

public class BRefundTest {
	@Test public void refund() { Assert.assertEquals(1, 2); }
}
JAVA
javac -cp /usr/share/java/junit4.jar -d target/test-classes ./*.java

# run NAME SETTING... prints how mvn ends and how many classes it says failed.
run() {
	local name=$1 code=0
	shift
	rm -rf target/surefire-reports
	mvn -o -B -s settings.xml -Dsurefire.runOrder=alphabetical "$@" \
		"org.apache.maven.plugins:maven-surefire-plugin:$version:test" >"$name.log" 2>&1 || code=$?
	echo "exit $code, $(grep -c '<<< FAILURE! - in ' "$name.log" || true) failed"
}

mvn -B --version | sed -n 1p
plain=$(run plain)
process=$(run process -Dsurefire.rerunFailingTestsCount=1 -DforkCount=0)
rerun=$(run rerun -Dsurefire.rerunFailingTestsCount=1)
echo "no reruns:                       $plain"
echo "reruns in Maven's own process:   $process"
echo "reruns, and all else as default: $rerun"
tail -c 120 target/surefire-reports/TEST-BRefundTest.xml
grep -hE 'Tests run|BUILD' rerun.log

if [ "$plain; $rerun" != "exit 1, 2 failed; exit 0, 0 failed" ] || [[ $process != "exit 1, "* ]]; then
	echo "CHANGED: want 'exit 1, 2 failed', 'exit 1' and 'exit 0, 0 failed'" >&2
	cat plain.log process.log rerun.log >&2
	exit 1
fi
if grep -q '</testsuite>' target/surefire-reports/TEST-*.xml || ! grep -q 'push' target/surefire-reports/TEST-BRefundTest.xml; then
	echo "CHANGED: a report is complete, or the second one does not have the first one's test" >&2
	exit 1
fi
echo "as expected: reruns turn a red build green"
