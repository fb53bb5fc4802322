package artifacts

import (
	"fmt"
	"testing"

	"gonogo/readiness/answer"
)

// surefire compiles the tests once and runs them in both modules, each failed one
// up to twice more. Without a fork for each module, which writes the same reports,
// two Java programs start.
const surefire = "javac -cp /usr/share/java/junit4.jar -d classes src/*.java && " +
	"mvn -o -B -q -fae -s settings.xml -DforkCount=0 -Dsurefire.rerunFailingTestsCount=2 org.apache.maven.plugins:maven-surefire-plugin:2.22.3:test"

// surefireModule is a module that runs the tests that a pattern names.
func surefireModule(name, tests string) string {
	return fmt.Sprintf(`<project>
<modelVersion>4.0.0</modelVersion>
<parent><groupId>shop</groupId><artifactId>all</artifactId><version>1</version></parent>
<artifactId>%s</artifactId>
<build><plugins><plugin><artifactId>maven-surefire-plugin</artifactId><version>2.22.3</version>
<configuration><includes><include>%s</include></includes></configuration></plugin></plugins></build>
</project>`, name, tests)
}

// surefireFiles is a Maven project on Debian's repository.
var surefireFiles = map[string]string{
	"settings.xml": "<settings><localRepository>/usr/share/maven-repo</localRepository></settings>",
	"pom.xml": `<project>
<modelVersion>4.0.0</modelVersion>
<groupId>shop</groupId><artifactId>all</artifactId><version>1</version><packaging>pom</packaging>
<modules><module>orders</module><module>mail</module></modules>
<dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.x</version></dependency></dependencies>
<build><testOutputDirectory>${project.basedir}/../classes</testOutputDirectory></build>
</project>`,
	"orders/pom.xml": surefireModule("orders", "**/*Test.java"),
	"mail/pom.xml":   surefireModule("mail", "**/BothTest.java"),
	"src/OrdersTest.java": `package shop;
public class OrdersTest {
	@org.junit.Test public void totals() {}
	@org.junit.Test public void refund() { org.junit.Assert.assertEquals(1, 2); }
	@org.junit.Test public void mail() { throw new IllegalStateException("no mail server"); }
	@org.junit.Test @org.junit.Ignore public void print() {}
	@org.junit.Test @org.junit.Ignore("no printer") public void label() {}
	@org.junit.Test public void scan() { org.junit.Assume.assumeTrue("no scanner", false); }
}`,
	"src/FlakyTest.java": `package shop;
public class FlakyTest {
	static int queues, locks;
	@org.junit.Test public void totals() {}
	@org.junit.Test public void queue() { if (queues++ < 2) org.junit.Assert.fail("the queue was busy"); }
	@org.junit.Test public void lock() { if (locks++ < 1) throw new IllegalStateException("the lock was held"); }
}`,
	"src/StaticTest.java": `package shop;
public class StaticTest {
	static final int rate = Integer.parseInt("none");
	@org.junit.Test public void totals() {}
	@org.junit.Test public void refund() {}
}`,
	"src/OpenTest.java": `package shop;
public class OpenTest {
	@org.junit.BeforeClass public static void open() { throw new IllegalStateException("no database"); }
	@org.junit.Test public void totals() {}
	@org.junit.Test public void refund() {}
}`,
	"src/CloseTest.java": `package shop;
public class CloseTest {
	@org.junit.AfterClass public static void close() { throw new IllegalStateException("could not clean up"); }
	@org.junit.Test public void totals() {}
}`,
	"src/PriceTest.java": `package shop;
import org.junit.runners.Parameterized;
@org.junit.runner.RunWith(Parameterized.class)
public class PriceTest {
	@Parameterized.Parameters(name = "{0}") public static Object[] prices() { return new Object[] {"1 < 2", "\"a\" & b"}; }
	@Parameterized.Parameter public String price;
	@org.junit.Test public void isRound() { org.junit.Assert.assertEquals("1 < 2", price); }
}`,
	"src/SameTest.java": `package shop;
import org.junit.runners.Parameterized;
@org.junit.runner.RunWith(Parameterized.class)
public class SameTest {
	@Parameterized.Parameters(name = "a price") public static Object[] prices() { return new Object[] {1, 2}; }
	@Parameterized.Parameter public int price;
	@org.junit.Test public void isEven() { org.junit.Assert.assertEquals(0, price % 2); }
}`,
	"src/BothTest.java": `package shop;
public class BothTest {
	@org.junit.Test public void totals() {}
	@org.junit.Test public void module() { org.junit.Assert.assertFalse("it is mail", System.getProperty("basedir").endsWith("mail")); }
}`,
}

// TestJUnitOfSurefire runs Maven once, and asks the gate about each class.
func TestJUnitOfSurefire(t *testing.T) {
	deps := reports(t, surefireFiles)
	tool := junitTool{
		needs: "/usr/share/maven-repo/org/apache/maven/plugins/maven-surefire-plugin /usr/share/java/junit4.jar javac mvn", debian: "default-jdk-headless junit4 libsurefire-java maven",
		command: surefire, exit: 1,
	}
	tool.run(t, deps.Dir)
	for _, class := range surefireClasses {
		t.Run(class.name, func(t *testing.T) {
			class.check(t, deps, fmt.Sprintf("'*/target/surefire-reports/TEST-shop.%s.xml'", class.name))
		})
	}
}

// surefireClasses is what the gate has to say of each class.
var surefireClasses = []junitTool{
	{
		name: "OrdersTest", settings: "tests: 6\npassed: 1\nskipped: 3",
		verdict: answer.Failed, summary: "failed is 1, limit 0; errors is 1, limit 0",
		details: []string{"shop.OrdersTest refund: expected:<1> but was:<2>", "shop.OrdersTest mail: no mail server"},
	},
	{
		name: "FlakyTest", settings: "tests: 3",
		verdict: answer.Passed, summary: "3 of 3 tests passed, 0 skipped", details: []string{"Tests that passed only when they were run again: 2."},
	},
	{
		name: "StaticTest", settings: "tests: 2",
		verdict: answer.Failed, summary: "errors is 2, limit 0",
		details: []string{"java.lang.ExceptionInInitializerError", "Could not initialize class shop.StaticTest"},
	},
	{
		name: "OpenTest", settings: "tests: 1", // its own tests are missing
		verdict: answer.Failed, summary: "errors is 1, limit 0", details: []string{"shop.OpenTest shop.OpenTest: no database"},
	},
	{
		name: "CloseTest", settings: "tests: 2\npassed: 1", // the class counts as a test
		verdict: answer.Failed, summary: "errors is 1, limit 0", details: []string{"shop.CloseTest shop.CloseTest: could not clean up"},
	},
	{
		name: "PriceTest", settings: "tests: 2\npassed: 1",
		verdict: answer.Failed, summary: "failed is 1, limit 0", details: []string{`shop.PriceTest isRound["a" & b]: expected:<`},
	},
	{
		// One price always fails and another passes under the same name: Surefire takes
		// them for runs of one flaky test, and for a success.
		name:    "SameTest",
		verdict: answer.Errored, summary: `suite "shop.SameTest" counts 6 runs of tests, but its tests show 4`,
	},
	{
		name: "BothTest", settings: "tests: 2", // of two modules, whose reports have one name
		verdict: answer.Failed, summary: "failed is 1, limit 0",
		details: []string{"shop.BothTest module: it is mail", "Tests that appear in the reports more than once, each counted once: 2."},
	},
}
