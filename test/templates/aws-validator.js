const { CelEngine, TemplateFile } = require('@aws/cloudformation-validate');

// Runs AWS's template validator on the files in the arguments, and prints a list of findings for each file.
const engine = new CelEngine();
process.stdout.write(JSON.stringify(process.argv.slice(2).map((file) => engine.validateStandard(new TemplateFile(file)).diagnostics)));
