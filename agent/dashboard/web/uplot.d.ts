// The build copies uPlot's ES module beside the page's own, because a browser resolves no package names.
import uPlot from 'uplot';

export = uPlot;
