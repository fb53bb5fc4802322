package examples_test

import "strings"

// Items that stand or fall together.
const (
	coverage = "accept-coverage coverage-business coverage-models coverage-overall coverage-reached reached-coverage "
	testRun  = "accept-tests no-failures none-skipped reached-passing reached-run suite-duration suite-passes suite-run " +
		"tests-approvals tests-core tests-costsheet tests-expense tests-knowledge-ai tests-procure tests-subscriptions tests-superset "
	speeds       = "speed-approval-create speed-approval-submit speed-cost-sheet speed-expense speed-mrr speed-rfq speed-search "
	scanned      = "accept-credentials credentials-scan oauth-history "
	imageScanned = "container-scan image-scanning "
	committed    = "admin-hardcoded credentials-config database-odoo-conf default-passwords environment-login github-keys-stored keys-random-salt@production keys-random-salt@staging " +
		"keys-salt oauth-env oauth-env-example ssh-addresses test-credentials "
	secrets      = "secrets-removed security-scan "
	register     = "found-critical found-high found-low found-medium vulnerabilities "
	pages        = "staging-automated staging-healthy staging-login accept-staging "
	pagesLive    = "production-healthy production-login accept-production day-responds rollback-restored " + opened
	opened       = "day-users production-modules production-users rollback-smoke "
	quick        = "accept-module-time staging-module-time "
	counts       = "clean-database staging-core staging-user "
	auditLog     = "accept-audit-log audit-log logging-audit "
	countsLive   = auditLog + "mfa rls-mapping "
	logins       = "staging-automated staging-login accept-staging accept-page-time staging-answers staging-page-time " + quick
	loginsLive   = "production-login accept-production cors dns-https production-speed week-speed security-headers " + opened
	loads        = "load-10 load-50 "
	staging      = "staging-automated staging-certificate accept-tls tls-https "
	production   = "production-certificate production-smoke-tls dns-certificate dns-https tls-enforced tls-https "
	documents    = "dashboards-manual ongoing-baseline security-roadmap spec-executive spec-finance spec-operations spec-procurement spec-sales "
	logs         = "staging-logs staging-no-errors "
	logsLive     = "day-logs production-no-errors "
	collected    = "accept-uptime month-sla prometheus-metrics prometheus-storage prometheus-targets "
	onHosts      = "load-resources staging-cpu staging-memory "
	rules        = "alert-cpu alert-database alert-errors alert-memory alert-rules-set "
	arriving     = "accept-monitoring day-monitoring production-monitored "
	monitoring   = "monitoring-set week-metrics " + arriving
	panels       = "panel-application panel-business panel-database panel-network panel-odoo panel-system "
	domains      = "tls-certificates tls-renewal "
	budget       = "budget-actual budget-limit budget-overrun month-costs "
	secretsSet   = "github-keys-encrypted secret-admin secret-github-id secret-github-key secret-openai secret-postgres secret-superset "
	plainSecrets = "accept-credentials credential-injection credentials-variables database-variables "
	address      = "dns-a production-dns rollback-dns "
	created      = "executive-created finance-created operations-created procurement-created sales-created "
	charted      = "executive-charts finance-charts operations-charts procurement-charts sales-charts "
	refreshed    = "executive-refresh finance-refresh operations-refresh procurement-refresh sales-refresh "
	ownRows      = "executive-company finance-company operations-company procurement-company sales-company "
	filtered     = "executive-dates finance-period finance-type operations-department operations-process procurement-dates procurement-status procurement-vendor sales-dates sales-team "
	rendered     = "accept-dashboards dashboards-charts dashboards-load executive-load operations-speed procurement-speed "
	foreign      = "accept-access superset-access "
	chartData    = "finance-volume superset-databases "
)

// appOf are the items about each environment's app at DigitalOcean.
var appOf = map[string]string{
	"staging":    "staging-containers staging-created staging-health-set staging-limits staging-logging staging-provisioned staging-size staging-spec ",
	"production": "dns-address logging-central production-containers production-created production-health-set production-provisioned production-size production-spec ",
}

// effect is which items do not let through. They have failed, or have errored.
type effect struct{ failed, errored string }

func (e effect) items() []string { return strings.Fields(e.failed + " " + e.errored) }

// broken says which items do not let through when a switch of the panel is in
// a state that is not good. They have failed, or have errored where the switch
// leaves nothing to measure.
var broken = map[string]effect{
	"test-run not-run":                    {failed: testRun + coverage + speeds + "staging-migrations coverage-core coverage-reported"},
	"test-run three-fail":                 {failed: testRun},
	"test-run some-skipped":               {failed: "accept-tests none-skipped reached-passing suite-passes"},
	"test-run cut-short":                  {failed: coverage + speeds + "staging-migrations coverage-core coverage-reported accept-tests reached-passing reached-run suite-passes suite-run tests-knowledge-ai tests-procure tests-subscriptions tests-superset"},
	"test-run torn":                       {errored: testRun},
	"test-coverage drops":                 {failed: coverage},
	"benchmark slow":                      {failed: "speed-cost-sheet"},
	"benchmark no-runs":                   {errored: "speed-search"},
	"migration-test one-fails":            {failed: "staging-migrations"},
	"security-scan not-run":               {failed: scanned + secrets + imageScanned},
	"security-scan secret-found":          {failed: scanned + secrets},
	"security-scan stale":                 {errored: scanned + secrets + imageScanned},
	"security-scan image-vulnerable":      {failed: "container-scan"},
	"source-secrets committed":            {failed: committed},
	"source-files missing":                {failed: documents + "no-report-xlsx phase-2 rollback-plan suite-script supabase-scripts test-data"},
	"source-container root":               {failed: "container-non-root container-user"},
	"source-container one-stage":          {failed: "container-stages"},
	"source-container privileged":         {failed: "container-privilege"},
	"github-code-scanning alert":          {failed: "input-validation"},
	"github-code-scanning off":            {failed: "input-validation"},
	"github-code-scanning stale":          {errored: "input-validation"},
	"github down":                         {errored: register + secrets + "dependency-scanning ongoing-updates input-validation secret-scanning suite-script week-issues"},
	"github secondary-limit":              {errored: register + secrets + "dependency-scanning ongoing-updates input-validation secret-scanning suite-script week-issues"},
	"github 429":                          {errored: register + secrets + "dependency-scanning ongoing-updates input-validation secret-scanning suite-script week-issues"},
	"github-checks fails":                 {failed: "suite-script"},
	"github-checks none":                  {failed: "suite-script"},
	"github-checks running":               {errored: "suite-script"},
	"github-audit incomplete":             {failed: register},
	"github-bugs open":                    {failed: "week-issues"},
	"github-secret-scanning alert":        {failed: secrets},
	"github-secret-scanning off":          {failed: secrets + "secret-scanning"},
	"github-dependabot alert":             {failed: "ongoing-updates"},
	"github-dependabot off":               {failed: "dependency-scanning ongoing-updates"},
	"digitalocean down":                   {errored: logs + logsLive + appOf["staging"] + appOf["production"] + domains + secretsSet + plainSecrets + budget + "environment-login logging-errors reached-secrets staging-secrets variables-set"},
	"staging-app unhealthy":               {failed: appOf["staging"] + "tls-certificates"},
	"production-app unhealthy":            {failed: appOf["production"] + domains},
	"staging-spec larger":                 {failed: "budget-actual budget-limit budget-overrun staging-limits staging-size staging-spec"},
	"staging-spec unchecked":              {failed: "staging-health-set staging-spec"},
	"staging-spec unlogged":               {failed: "staging-logging staging-spec"},
	"production-spec larger":              {failed: "budget-actual budget-limit budget-overrun production-size production-spec"},
	"production-spec green-larger":        {failed: "budget-actual budget-limit budget-overrun production-size production-spec"},
	"production-spec unchecked":           {failed: "production-health-set production-spec"},
	"production-spec unlogged":            {failed: "logging-central production-spec"},
	"staging-secrets plain":               {failed: plainSecrets + "reached-secrets secret-postgres staging-secrets staging-spec"},
	"staging-secrets missing":             {failed: plainSecrets + secretsSet + "environment-login reached-secrets staging-secrets staging-spec"},
	"production-secrets plain":            {failed: plainSecrets + "production-spec secret-postgres variables-set"},
	"production-secrets missing":          {failed: plainSecrets + secretsSet + "environment-login logging-errors production-spec variables-set"},
	"production-secrets green-missing":    {failed: plainSecrets + secretsSet + "environment-login logging-errors production-spec variables-set"},
	"staging-domain ends-soon":            {failed: "tls-certificates"},
	"staging-domain failed":               {failed: "tls-certificates"},
	"production-domain ends-soon":         {failed: domains},
	"production-domain failed":            {failed: domains},
	"staging-log errors":                  {failed: "staging-no-errors"},
	"staging-log silent":                  {errored: logs},
	"production-log errors":               {failed: logsLive},
	"production-log silent":               {errored: logsLive},
	"staging-site down":                   {failed: pages + quick + "accept-access accept-users accept-page-time staging-answers staging-page-time", errored: counts},
	"staging-site wrong-page":             {failed: pages + quick + "accept-access ", errored: counts},
	"production-site down":                {failed: pagesLive + loads + "cors dns-https production-speed week-speed security-headers", errored: countsLive},
	"production-site wrong-page":          {failed: pagesLive, errored: countsLive},
	"staging-site login-fails":            {failed: logins + "accept-users"},
	"production-site login-fails":         {failed: loginsLive + loads},
	"staging-site crowded":                {failed: "accept-users"},
	"production-site crowded":             {failed: loads},
	"staging-site token-refused":          {failed: quick + "staging-automated"},
	"staging-site module-fails":           {failed: "staging-automated"},
	"production-site token-refused":       {failed: opened},
	"production-site module-fails":        {failed: "day-users production-modules rollback-smoke"},
	"staging-records left-over":           {failed: "clean-database"},
	"staging-records core-broken":         {errored: "staging-core"},
	"production-records no-second-factor": {failed: "mfa"},
	"production-records no-company":       {failed: "rls-mapping"},
	"production-records audit-off":        {failed: auditLog},
	"production-headers open":             {failed: "cors"},
	"production-headers missing":          {failed: "security-headers"},
	"staging-certificate ends-soon":       {failed: staging},
	"staging-certificate expired":         {failed: staging + "tls-minimum"},
	"staging-certificate other-name":      {failed: staging + "tls-minimum"},
	"staging-certificate self-signed":     {failed: staging + "tls-minimum"},
	"staging-protocols one-older":         {failed: "tls-minimum"},
	"staging-protocols old":               {failed: "tls-minimum"},
	"staging-plain serves":                {failed: "accept-tls"},
	"production-certificate ends-soon":    {failed: production},
	"production-certificate expired":      {failed: production + "production-tls tls-minimum"},
	"production-certificate other-name":   {failed: production + "production-tls tls-minimum"},
	"production-certificate self-signed":  {failed: production + "production-tls tls-minimum"},
	"production-protocols one-older":      {failed: "production-tls tls-minimum"},
	"production-protocols old":            {failed: "production-tls tls-minimum"},
	"production-plain serves":             {failed: "tls-enforced"},
	"dns-address late":                    {failed: address},
	"dns-address old":                     {failed: address + "dns-resolves"},
	"dns-address missing":                 {failed: address + "dns-resolves"},
	"dns-alias elsewhere":                 {failed: "dns-cname"},
	"dns-alias missing":                   {failed: "dns-cname"},
	"dns-second slow":                     {errored: address + "dns-cname"},
	"dns-second lame":                     {failed: address + "dns-cname"},
	"dns-resolver remembers":              {failed: "dns-resolves production-dns"},
	"dns-resolver refuses":                {errored: "dns-resolves production-dns"},
	"prometheus down":                     {failed: "prometheus-deployed", errored: collected + rules + monitoring + onHosts},
	"prometheus no-data":                  {failed: collected + monitoring + onHosts},
	"prometheus-node down":                {failed: "load-resources prometheus-targets " + monitoring},
	"prometheus-staging-node down":        {failed: "staging-cpu staging-memory"},
	"prometheus-staging-node memory-full": {failed: "staging-memory"},
	"prometheus-rules five-percent":       {failed: "alert-errors"},
	"prometheus-rules broken":             {failed: "alert-database alert-errors alert-rules-set " + monitoring},
	"prometheus-rules none":               {failed: rules + monitoring},
	"alertmanager silent":                 {failed: arriving + "alert-on-call"},
	"grafana down":                        {failed: "grafana-deployed", errored: panels + "alert-channels grafana-panels grafana-source week-metrics"},
	"grafana-dashboard panel-missing":     {failed: "grafana-panels panel-business week-metrics"},
	"grafana-dashboard missing":           {failed: panels + "grafana-panels week-metrics"},
	"grafana-source broken":               {failed: "grafana-source"},
	"grafana-source missing":              {failed: "grafana-source"},
	"superset down": {failed: "reached-superset superset-provisioned",
		errored: created + charted + refreshed + ownRows + filtered + chartData + rendered + foreign + "dashboards-export dashboards-granted reached-dashboards rls-company rls-tried sales-access staging-dashboards"},
	"superset-dashboards chart-missing":  {failed: charted + "accept-dashboards"},
	"superset-dashboards filter-missing": {failed: filtered + ownRows},
	"superset-dashboards hourly":         {failed: refreshed},
	"superset-dashboards gone":           {failed: created + charted + refreshed + filtered + ownRows + "accept-dashboards dashboards-granted reached-dashboards staging-dashboards", errored: "superset-access"},
	"superset-rules gone":                {failed: ownRows + foreign + "rls-company rls-tried sales-access"},
	"superset-rules leaks":               {failed: ownRows + foreign + "rls-tried"},
	"superset-rules teams-leak":          {failed: "sales-access superset-access"},
	"superset-charts broken":             {failed: chartData + rendered + "dashboards-export staging-dashboards", errored: ownRows + foreign + "rls-tried sales-access"},
	"superset-charts slow":               {failed: rendered},
	"superset-charts exports-slow":       {failed: "dashboards-export"},
	"superset-roles none":                {failed: "dashboards-granted staging-dashboards", errored: ownRows + foreign + "rls-tried sales-access"},
	"superset-roles all":                 {failed: "superset-access"},
	"production-ssh passwords":           {failed: "ssh-keys"},
	"on-call nobody":                     {failed: "alert-on-call on-call-set"},
	"grafana-contact missing":            {failed: "alert-channels"},
}

func init() {
	for _, environment := range []string{"staging", "production"} {
		addDatabase(environment)
	}
}

// ofDatabase is what one environment's database alone is asked for: items about
// its modules, and others about the database.
var ofDatabase = map[string]struct{ modules, others, schema, security, pooled, reports, replica, backups string }{
	"staging": {modules: "accept-modules modules-before-tests staging-automated staging-loaded staging-modules", others: "staging-containers staging-database staging-migrated", security: "accept-access "},
	"production": {
		modules: "production-loaded", others: "production-database production-migrated",
		security: "rls-policies superset-rls ", pooled: "database-pooling ", reports: "superset-views ", replica: "supabase-replication ", backups: "day-backups supabase-backups ",
	},
}

// addDatabase says what the switches of an environment's database break: what is
// asked of that environment, and nothing of the other.
func addDatabase(environment string) {
	at := func(items string) string {
		return strings.ReplaceAll(items+" ", " ", "@"+environment+" ")
	}
	own := ofDatabase[environment]
	incomplete := at("dependencies-met ten-modules") + own.modules + " "
	remaining := at("ipai-expense ipai-knowledge-ai ipai-procure ipai-subscriptions reached-modules")
	dependencies := at("base-tier-validation server-environment")
	migrations := at("migrations-done") + environment + "-migrated "
	const schema = "database-indexes database-migrated database-tables database-views installed-quietly supabase-integrity"
	pooled, secured := at("supabase-pooler"), at("database-rls")+own.security
	first := at("ipai-approvals ipai-core ipai-ppm-costsheet ipai-rate-policy ipai-studio superset-connector")
	for state, what := range map[string]effect{
		"oca-dependencies not-installed":  {failed: incomplete + remaining + dependencies},
		"remaining-modules not-installed": {failed: incomplete + remaining},
		"remaining-modules one-missing":   {failed: incomplete + at("ipai-knowledge-ai reached-modules")},
		"remaining-modules stuck":         {failed: incomplete + remaining + migrations},
		"database refusing": {errored: incomplete + first + remaining + dependencies + at("migrations-done") + at(schema) + secured + pooled +
			at("database-connects keys-random-salt supabase-address supabase-database supabase-project") + own.others + " " + own.pooled + own.reports + own.replica + own.backups},
		"schema table-missing":     {failed: at("database-indexes database-tables")},
		"schema index-invalid":     {failed: at("database-indexes")},
		"schema view-missing":      {failed: at("database-views")},
		"schema unchecked":         {failed: at("supabase-integrity")},
		"migrations one-missing":   {failed: at("database-migrated") + environment + "-migrated"},
		"row-security off":         {failed: secured},
		"row-security open":        {failed: secured},
		"installation errors":      {failed: at("installed-quietly")},
		"installation empty":       {failed: at("installed-quietly")},
		"salt none":                {failed: at("keys-random-salt")},
		"pooler bypassed":          {failed: own.pooled},
		"pooler off":               {failed: own.pooled, errored: secured + pooled},
		"reports old":              {failed: own.reports},
		"replica lost":             {failed: own.replica},
		"server elsewhere":         {failed: at("supabase-project")},
		"server extension-missing": {failed: at("supabase-database")},
		"backups failing":          {failed: own.backups},
	} {
		if len(what.items()) == 0 {
			continue
		}
		broken[environment+"-"+state] = what
	}
}
