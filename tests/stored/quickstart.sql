BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'quickstart');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MAXIMIZE',1,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_system_attributes" VALUES(1,1,'study:metric_names','["val_accuracy"]');
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,1,'hpo:budget','{"trials": 12, "timeout": null}');
INSERT INTO "study_user_attributes" VALUES(2,1,'hpo:spec','"{\"data\": {\"dataset\": \"digits\", \"validation\": 0.2, \"normalization\": \"standardize\", \"augmentation\": {\"shift\": 0.1}}, \"model\": {\"family\": \"simple_cnn\", \"depth\": {\"int\": [1, 3]}, \"filters\": {\"choice\": [8, 16, 32]}, \"dense_units\": 64, \"dropout\": {\"float\": [0.0, 0.5], \"step\": 0.1}}, \"training\": {\"epochs\": 12, \"batch_size\": {\"choice\": [32, 64]}, \"learning_rate\": {\"float\": [0.0001, 0.03], \"log\": true}, \"optimizer\": {\"choice\": {\"adam\": null, \"sgd\": {\"momentum\": {\"float\": [0.0, 0.95]}}}}}, \"search\": {\"sampler\": {\"tpe\": {\"n_startup_trials\": 5}}, \"pruner\": {\"median\": {\"n_startup_trials\": 4, \"n_warmup_steps\": 2}}, \"trials\": 12}, \"study\": \"quickstart\"}"');
INSERT INTO "study_user_attributes" VALUES(3,1,'hpo:sessions','[{"started": "2026-11-28T03:45:39+00:00", "python": "3.11.7", "hpo": "0.1.0", "keras": "3.15.1", "tensorflow": "2.21.0", "optuna": "5.0.0", "numpy": "2.4.6", "pillow": "13.0.0", "platform": "Linux-x86_64", "host": "host", "machine": "0123456789abcdef", "cpus": 2, "worked_s": 48.5, "device": "cpu"}]');
INSERT INTO "study_user_attributes" VALUES(4,1,'hpo:fingerprints','{"{\"dataset\":\"digits\",\"test\":0.2}": "4bee0ee0e14ea1848723386933e025cca6305e0d2740d5ea76eb5db27f7f9a96"}');
INSERT INTO "study_user_attributes" VALUES(5,1,'hpo:data','{"dataset": "digits", "classes": 10, "images": {"train": 1149, "validation": 288, "test": 360}, "notes": [], "text": "digits: 1,797 images of 10 classes: 1,149 train, 288 validation, 360 test"}');
INSERT INTO "study_user_attributes" VALUES(6,1,'hpo:test_scores','{"11": {"accuracy": 0.9916666666666667, "loss": 0.05965321679359477, "macro_precision": 0.9921690921690921, "macro_recall": 0.9915079365079364, "macro_f1": 0.99169155661007, "top_k_accuracy": 1.0, "classes": [{"name": "0", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 36, "predicted": 36}, {"name": "1", "precision": 0.973, "recall": 1.0, "f1": 0.9863, "images": 36, "predicted": 37}, {"name": "2", "precision": 1.0, "recall": 0.9714, "f1": 0.9855, "images": 35, "predicted": 34}, {"name": "3", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 37, "predicted": 37}, {"name": "4", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 36, "predicted": 36}, {"name": "5", "precision": 0.9487, "recall": 1.0, "f1": 0.9737, "images": 37, "predicted": 39}, {"name": "6", "precision": 1.0, "recall": 0.9722, "f1": 0.9859, "images": 36, "predicted": 35}, {"name": "7", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 36, "predicted": 36}, {"name": "8", "precision": 1.0, "recall": 0.9714, "f1": 0.9855, "images": 35, "predicted": 34}, {"name": "9", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 36, "predicted": 36}]}}');
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,1,0.1875,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,2,3.54166656732559204101e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,1,3,5.06944417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,1,4,6.31944417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,1,5,0.71875,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,1,6,7.39583313465118408203e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,1,7,7.95138895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(8,1,8,8.57638895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,1,9,8.64583313465118408203e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,1,10,8.85416686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,1,11,8.85416686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,1,12,9.09722208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(13,2,1,4.27083343267440795898e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(14,2,2,6.35416686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(15,2,3,7.98611104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,2,4,8.50694417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(17,2,5,8.78472208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(18,2,6,9.09722208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(19,2,7,8.99305582046508789062e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(20,2,8,9.40972208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(21,2,9,9.34027791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(22,2,10,9.47916686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(23,2,11,9.47916686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(24,2,12,9.44444417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(25,3,1,2.77777791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(26,3,2,6.04166686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(27,3,3,7.46527791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(28,3,4,8.29861104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(29,3,5,8.40277791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(30,3,6,8.57638895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(31,3,7,8.71527791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(32,3,8,8.95833313465118408203e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(33,3,9,8.40277791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(34,3,10,8.88888895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(35,3,11,9.09722208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(36,3,12,9.16666686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(37,4,1,5.27777791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(38,4,2,6.59722208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(39,4,3,8.19444417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(40,4,4,8.68055582046508789062e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(41,4,5,8.54166686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(42,4,6,9.23611104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(43,4,7,8.99305582046508789062e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(44,4,8,9.47916686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(45,4,9,9.75694417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(46,4,10,9.09722208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(47,4,11,9.54861104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(48,4,12,9.40972208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(49,5,1,1.52777776122093200683e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(50,5,2,3.61111104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(51,5,3,5.06944417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(52,5,4,6.14583313465118408203e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(53,5,5,7.25694417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(54,5,6,7.36111104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(55,5,7,0.78125,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(56,5,8,8.02083313465118408203e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(57,5,9,8.19444417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(58,5,10,8.29861104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(59,5,11,8.29861104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(60,5,12,8.40277791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(61,6,1,7.88194417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(62,6,2,8.85416686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(63,6,3,9.16666686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(64,6,4,0.96875,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(65,6,5,9.51388895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(66,6,6,9.61805582046508789062e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(67,6,7,9.65277791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(68,6,8,9.58333313465118408203e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(69,6,9,9.79166686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(70,6,10,9.44444417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(71,6,11,9.72222208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(72,6,12,9.79166686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(73,7,1,0.625,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(74,7,2,7.88194417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(75,7,3,8.57638895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(76,7,4,8.78472208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(77,7,5,8.81944417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(78,7,6,8.88888895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(79,7,7,9.13194417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(80,7,8,9.20138895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(81,7,9,9.27083313465118408203e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(82,7,10,0.96875,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(83,7,11,8.81944417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(84,7,12,9.44444417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(85,8,1,4.79166656732559204101e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(86,8,2,8.81944417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(87,8,3,8.78472208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(88,8,4,0.90625,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(89,8,5,9.27083313465118408203e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(90,8,6,9.65277791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(91,8,7,9.58333313465118408203e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(92,8,8,9.75694417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(93,8,9,9.79166686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(94,8,10,9.79166686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(95,8,11,9.75694417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(96,8,12,9.82638895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(97,9,1,1.18055552244186401367e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(98,9,2,1.63194447755813598632e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(99,9,3,2.36111104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(100,10,1,2.29166671633720397949e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(101,10,2,5.17361104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(102,10,3,6.63194417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(103,11,1,0.4375,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(104,11,2,4.75694447755813598632e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(105,11,3,0.71875,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(106,12,1,6.59722208976745605468e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(107,12,2,0.75,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(108,12,3,8.26388895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(109,12,4,8.61111104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(110,12,5,8.92361104488372802734e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(111,12,6,0.90625,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(112,12,7,9.30555582046508789062e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(113,12,8,9.61805582046508789062e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(114,12,9,9.61805582046508789062e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(115,12,10,9.75694417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(116,12,11,9.75694417953491210937e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(117,12,12,9.89583313465118408203e-01,'FINITE');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(2,1,'filters',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(3,1,'dropout',0.1,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(4,1,'batch_size',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(5,1,'learning_rate',3.12597124350619064679e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(6,1,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(7,2,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(8,2,'filters',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(9,2,'dropout',0.4,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(10,2,'batch_size',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(11,2,'learning_rate',8.51077731775173765109e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(12,2,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(13,3,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(14,3,'filters',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(15,3,'dropout',0.5,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(16,3,'batch_size',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(17,3,'learning_rate',2.44355007673705895698e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(18,3,'optimizer',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(19,3,'optimizer.sgd.momentum',4.36528982494942319192e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 0.95, "log": false}}');
INSERT INTO "trial_params" VALUES(20,4,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(21,4,'filters',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(22,4,'dropout',0.1,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(23,4,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(24,4,'learning_rate',1.26885176372865376287e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(25,4,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(26,5,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(27,5,'filters',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(28,5,'dropout',0.5,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(29,5,'batch_size',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(30,5,'learning_rate',2.03388344429430463619e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(31,5,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(32,6,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(33,6,'filters',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(34,6,'dropout',0.3,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(35,6,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(36,6,'learning_rate',3.90410240272938890634e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(37,6,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(38,7,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(39,7,'filters',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(40,7,'dropout',0.5,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(41,7,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(42,7,'learning_rate',3.98744773004472679439e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(43,7,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(44,8,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(45,8,'filters',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(46,8,'dropout',0.3,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(47,8,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(48,8,'learning_rate',3.85458005259751382981e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(49,8,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(50,9,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(51,9,'filters',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(52,9,'dropout',0.4,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(53,9,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(54,9,'learning_rate',1.02430728653829798864e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(55,9,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(56,10,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(57,10,'filters',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(58,10,'dropout',0.2,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(59,10,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(60,10,'learning_rate',0.000334879532025079,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(61,10,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(62,11,'depth',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(63,11,'filters',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(64,11,'dropout',0.5,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(65,11,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(66,11,'learning_rate',8.44022490146898265485e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(67,11,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
INSERT INTO "trial_params" VALUES(68,12,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 3}}');
INSERT INTO "trial_params" VALUES(69,12,'filters',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [8, 16, 32]}}');
INSERT INTO "trial_params" VALUES(70,12,'dropout',0.3,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(71,12,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [32, 64]}}');
INSERT INTO "trial_params" VALUES(72,12,'learning_rate',0.000510745205176505,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.03, "log": true}}');
INSERT INTO "trial_params" VALUES(73,12,'optimizer',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,6,'tpe:relative_params:0','"{\"batch_size\": 32, \"depth\": 2, \"dropout\": 0.30000000000000004, \"filters\": 32, \"learning_rate\": 0.003904102402729389, \"optimizer\": \"adam\", \"optimizer.sgd.momentum\": 0.8899013118831156}"');
INSERT INTO "trial_system_attributes" VALUES(2,7,'tpe:relative_params:0','"{\"batch_size\": 32, \"depth\": 1, \"dropout\": 0.5, \"filters\": 32, \"learning_rate\": 0.003987447730044727, \"optimizer\": \"adam\", \"optimizer.sgd.momentum\": 0.865072726077221}"');
INSERT INTO "trial_system_attributes" VALUES(3,8,'tpe:relative_params:0','"{\"batch_size\": 32, \"depth\": 3, \"dropout\": 0.30000000000000004, \"filters\": 32, \"learning_rate\": 0.0003854580052597514, \"optimizer\": \"adam\", \"optimizer.sgd.momentum\": 0.9075266649438449}"');
INSERT INTO "trial_system_attributes" VALUES(4,9,'tpe:relative_params:0','"{\"batch_size\": 32, \"depth\": 3, \"dropout\": 0.4, \"filters\": 8, \"learning_rate\": 0.0001024307286538298, \"optimizer\": \"adam\", \"optimizer.sgd.momentum\": 0.9365634983601693}"');
INSERT INTO "trial_system_attributes" VALUES(5,10,'tpe:relative_params:0','"{\"batch_size\": 32, \"depth\": 1, \"dropout\": 0.2, \"filters\": 8, \"learning_rate\": 0.000334879532025079, \"optimizer\": \"adam\", \"optimizer.sgd.momentum\": 0.919483495976271}"');
INSERT INTO "trial_system_attributes" VALUES(6,11,'tpe:relative_params:0','"{\"batch_size\": 32, \"depth\": 3, \"dropout\": 0.5, \"filters\": 16, \"learning_rate\": 0.0008440224901468983, \"optimizer\": \"adam\", \"optimizer.sgd.momentum\": 0.9186795702745402}"');
INSERT INTO "trial_system_attributes" VALUES(7,12,'tpe:relative_params:0','"{\"batch_size\": 32, \"depth\": 2, \"dropout\": 0.30000000000000004, \"filters\": 32, \"learning_rate\": 0.000510745205176505, \"optimizer\": \"adam\", \"optimizer.sgd.momentum\": 0.9260969234012536}"');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(2,1,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(3,1,'measures','{"parameters": 13850, "flops": 189972, "memory": 2111264, "model_mb": 0.0554, "duration_s": 3.317716075000135}');
INSERT INTO "trial_user_attributes" VALUES(4,1,'best_value','0.9097222089767456');
INSERT INTO "trial_user_attributes" VALUES(5,1,'best_epoch','12');
INSERT INTO "trial_user_attributes" VALUES(6,1,'last_value','0.9097222089767456');
INSERT INTO "trial_user_attributes" VALUES(7,1,'images_per_second','12488.367151122548');
INSERT INTO "trial_user_attributes" VALUES(8,1,'history','{"accuracy": [0.15491731464862823, 0.3359442949295044, 0.47084420919418335, 0.5813751220703125, 0.6466492414474487, 0.6936466693878174, 0.7345517873764038, 0.7632724046707153, 0.7946040034294128, 0.8207136392593384, 0.8381201028823853, 0.8346388339996338], "loss": [2.4289495944976807, 1.9554040431976318, 1.683952808380127, 1.4243582487106323, 1.238610863685608, 1.0936661958694458, 0.9894812107086182, 0.8521349430084229, 0.7490327954292297, 0.6620376110076904, 0.5954424738883972, 0.575536847114563], "val_accuracy": [0.1875, 0.3541666567325592, 0.5069444179534912, 0.6319444179534912, 0.71875, 0.7395833134651184, 0.7951388955116272, 0.8576388955116272, 0.8645833134651184, 0.8854166865348816, 0.8854166865348816, 0.9097222089767456], "val_loss": [2.253262519836426, 2.155280351638794, 2.043910026550293, 1.9149820804595947, 1.7770180702209473, 1.6339328289031982, 1.4693890810012817, 1.296271800994873, 1.141781210899353, 0.9702648520469666, 0.8352706432342529, 0.6831405162811279]}');
INSERT INTO "trial_user_attributes" VALUES(9,1,'classes','[{"name": "0", "precision": 0.9667, "recall": 1.0, "f1": 0.9831, "images": 29, "predicted": 30}, {"name": "1", "precision": 0.8438, "recall": 0.931, "f1": 0.8852, "images": 29, "predicted": 32}, {"name": "2", "precision": 1.0, "recall": 0.9286, "f1": 0.963, "images": 28, "predicted": 26}, {"name": "3", "precision": 0.8788, "recall": 1.0, "f1": 0.9355, "images": 29, "predicted": 33}, {"name": "4", "precision": 0.9062, "recall": 1.0, "f1": 0.9508, "images": 29, "predicted": 32}, {"name": "5", "precision": 1.0, "recall": 0.7586, "f1": 0.8627, "images": 29, "predicted": 22}, {"name": "6", "precision": 1.0, "recall": 0.9655, "f1": 0.9825, "images": 29, "predicted": 28}, {"name": "7", "precision": 1.0, "recall": 0.8966, "f1": 0.9455, "images": 29, "predicted": 26}, {"name": "8", "precision": 0.7778, "recall": 0.75, "f1": 0.7636, "images": 28, "predicted": 27}, {"name": "9", "precision": 0.7812, "recall": 0.8621, "f1": 0.8197, "images": 29, "predicted": 32}]');
INSERT INTO "trial_user_attributes" VALUES(10,2,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(11,2,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(12,2,'measures','{"parameters": 17306, "flops": 56852, "memory": 1774112, "model_mb": 0.069224, "duration_s": 2.514176860000589}');
INSERT INTO "trial_user_attributes" VALUES(13,2,'best_value','0.9479166865348816');
INSERT INTO "trial_user_attributes" VALUES(14,2,'best_epoch','10');
INSERT INTO "trial_user_attributes" VALUES(15,2,'last_value','0.9444444179534912');
INSERT INTO "trial_user_attributes" VALUES(16,2,'images_per_second','14592.935215549898');
INSERT INTO "trial_user_attributes" VALUES(17,2,'history','{"accuracy": [0.16971279680728912, 0.34638816118240356, 0.4812880754470825, 0.5465622544288635, 0.6301131248474121, 0.6579634547233582, 0.6927763223648071, 0.7328111529350281, 0.7606614232063293, 0.7658833861351013, 0.7754569053649902, 0.802436888217926], "loss": [2.4559521675109863, 1.8760477304458618, 1.5900343656539917, 1.3552758693695068, 1.1724810600280762, 1.0640519857406616, 0.9730190634727478, 0.8578954935073853, 0.7868098020553589, 0.7521668076515198, 0.6890802979469299, 0.6256382465362549], "val_accuracy": [0.4270833432674408, 0.6354166865348816, 0.7986111044883728, 0.8506944179534912, 0.8784722089767456, 0.9097222089767456, 0.8993055820465088, 0.9409722089767456, 0.9340277910232544, 0.9479166865348816, 0.9479166865348816, 0.9444444179534912], "val_loss": [2.126309394836426, 1.9607129096984863, 1.729349136352539, 1.5110995769500732, 1.3189488649368286, 1.1532642841339111, 1.01485276222229, 0.8325279355049133, 0.7407779097557068, 0.6211531162261963, 0.5306701064109802, 0.4349498450756073]}');
INSERT INTO "trial_user_attributes" VALUES(18,2,'classes','[{"name": "0", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "1", "precision": 0.8788, "recall": 1.0, "f1": 0.9355, "images": 29, "predicted": 33}, {"name": "2", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 28, "predicted": 28}, {"name": "3", "precision": 0.9655, "recall": 0.9655, "f1": 0.9655, "images": 29, "predicted": 29}, {"name": "4", "precision": 0.9667, "recall": 1.0, "f1": 0.9831, "images": 29, "predicted": 30}, {"name": "5", "precision": 1.0, "recall": 0.8966, "f1": 0.9455, "images": 29, "predicted": 26}, {"name": "6", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "7", "precision": 0.931, "recall": 0.931, "f1": 0.931, "images": 29, "predicted": 29}, {"name": "8", "precision": 0.8889, "recall": 0.8571, "f1": 0.8727, "images": 28, "predicted": 27}, {"name": "9", "precision": 0.8571, "recall": 0.8276, "f1": 0.8421, "images": 29, "predicted": 28}]');
INSERT INTO "trial_user_attributes" VALUES(19,3,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(20,3,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(21,3,'measures','{"parameters": 8818, "flops": 92180, "memory": 1176536, "model_mb": 0.035272, "duration_s": 3.178087948001121}');
INSERT INTO "trial_user_attributes" VALUES(22,3,'best_value','0.9166666865348816');
INSERT INTO "trial_user_attributes" VALUES(23,3,'best_epoch','12');
INSERT INTO "trial_user_attributes" VALUES(24,3,'last_value','0.9166666865348816');
INSERT INTO "trial_user_attributes" VALUES(25,3,'images_per_second','11024.437983909238');
INSERT INTO "trial_user_attributes" VALUES(26,3,'history','{"accuracy": [0.1775456964969635, 0.34899914264678955, 0.4917319416999817, 0.5944299101829529, 0.6544821858406067, 0.6945169568061829, 0.7563098073005676, 0.7806788682937622, 0.79982590675354, 0.8207136392593384, 0.8485639691352844, 0.8520452380180359], "loss": [2.3171753883361816, 1.8535277843475342, 1.5129436254501343, 1.2778944969177246, 1.0978914499282837, 0.9628683924674988, 0.8383742570877075, 0.722349226474762, 0.6457952260971069, 0.6260480284690857, 0.5580871105194092, 0.4992218017578125], "val_accuracy": [0.2777777910232544, 0.6041666865348816, 0.7465277910232544, 0.8298611044883728, 0.8402777910232544, 0.8576388955116272, 0.8715277910232544, 0.8958333134651184, 0.8402777910232544, 0.8888888955116272, 0.9097222089767456, 0.9166666865348816], "val_loss": [2.2543835639953613, 2.1427221298217773, 1.9908229112625122, 1.83967924118042, 1.6425734758377075, 1.413529872894287, 1.2368590831756592, 1.037386178970337, 0.860082745552063, 0.7100460529327393, 0.6080307960510254, 0.44572433829307556]}');
INSERT INTO "trial_user_attributes" VALUES(27,3,'classes','[{"name": "0", "precision": 0.9355, "recall": 1.0, "f1": 0.9667, "images": 29, "predicted": 31}, {"name": "1", "precision": 0.6744, "recall": 1.0, "f1": 0.8056, "images": 29, "predicted": 43}, {"name": "2", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 28, "predicted": 28}, {"name": "3", "precision": 0.9643, "recall": 0.931, "f1": 0.9474, "images": 29, "predicted": 28}, {"name": "4", "precision": 1.0, "recall": 0.931, "f1": 0.9643, "images": 29, "predicted": 27}, {"name": "5", "precision": 1.0, "recall": 0.8966, "f1": 0.9455, "images": 29, "predicted": 26}, {"name": "6", "precision": 1.0, "recall": 0.9655, "f1": 0.9825, "images": 29, "predicted": 28}, {"name": "7", "precision": 0.9032, "recall": 0.9655, "f1": 0.9333, "images": 29, "predicted": 31}, {"name": "8", "precision": 0.9048, "recall": 0.6786, "f1": 0.7755, "images": 28, "predicted": 21}, {"name": "9", "precision": 0.92, "recall": 0.7931, "f1": 0.8519, "images": 29, "predicted": 25}]');
INSERT INTO "trial_user_attributes" VALUES(28,4,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(29,4,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(30,4,'measures','{"parameters": 102250, "flops": 1248788, "memory": 3690144, "model_mb": 0.409, "duration_s": 4.6756217689999175}');
INSERT INTO "trial_user_attributes" VALUES(31,4,'best_value','0.9756944179534912');
INSERT INTO "trial_user_attributes" VALUES(32,4,'best_epoch','9');
INSERT INTO "trial_user_attributes" VALUES(33,4,'last_value','0.9409722089767456');
INSERT INTO "trial_user_attributes" VALUES(34,4,'images_per_second','6046.280058837504');
INSERT INTO "trial_user_attributes" VALUES(35,4,'history','{"accuracy": [0.3185378611087799, 0.647519588470459, 0.7597911357879639, 0.8067885041236877, 0.8381201028823853, 0.8520452380180359, 0.8607484698295593, 0.9077458381652832, 0.8842471837997437, 0.8973020315170288, 0.8842471837997437, 0.89991295337677], "loss": [1.9815317392349243, 1.004491925239563, 0.6706856489181519, 0.5711080431938171, 0.47292667627334595, 0.4114481210708618, 0.4175923466682434, 0.2974730134010315, 0.352350652217865, 0.3018306493759155, 0.34349629282951355, 0.2869219481945038], "val_accuracy": [0.5277777910232544, 0.6597222089767456, 0.8194444179534912, 0.8680555820465088, 0.8541666865348816, 0.9236111044883728, 0.8993055820465088, 0.9479166865348816, 0.9756944179534912, 0.9097222089767456, 0.9548611044883728, 0.9409722089767456], "val_loss": [1.4061797857284546, 0.9372031092643738, 0.5166600346565247, 0.4099181592464447, 0.46917927265167236, 0.24427349865436554, 0.3824092447757721, 0.1218702495098114, 0.14934806525707245, 0.30964699387550354, 0.13974322378635406, 0.25926992297172546]}');
INSERT INTO "trial_user_attributes" VALUES(36,4,'classes','[{"name": "0", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "1", "precision": 0.9355, "recall": 1.0, "f1": 0.9667, "images": 29, "predicted": 31}, {"name": "2", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 28, "predicted": 28}, {"name": "3", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "4", "precision": 0.9667, "recall": 1.0, "f1": 0.9831, "images": 29, "predicted": 30}, {"name": "5", "precision": 1.0, "recall": 0.8621, "f1": 0.9259, "images": 29, "predicted": 25}, {"name": "6", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "7", "precision": 1.0, "recall": 0.9655, "f1": 0.9825, "images": 29, "predicted": 28}, {"name": "8", "precision": 1.0, "recall": 0.9286, "f1": 0.963, "images": 28, "predicted": 26}, {"name": "9", "precision": 0.8788, "recall": 1.0, "f1": 0.9355, "images": 29, "predicted": 33}]');
INSERT INTO "trial_user_attributes" VALUES(37,5,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(38,5,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(39,5,'measures','{"parameters": 33898, "flops": 112148, "memory": 3480992, "model_mb": 0.135592, "duration_s": 2.624910364000243}');
INSERT INTO "trial_user_attributes" VALUES(40,5,'best_value','0.8402777910232544');
INSERT INTO "trial_user_attributes" VALUES(41,5,'best_epoch','12');
INSERT INTO "trial_user_attributes" VALUES(42,5,'last_value','0.8402777910232544');
INSERT INTO "trial_user_attributes" VALUES(43,5,'images_per_second','11041.299582147829');
INSERT INTO "trial_user_attributes" VALUES(44,5,'history','{"accuracy": [0.1261966973543167, 0.17406439781188965, 0.23759791254997253, 0.3263707458972931, 0.34377720952033997, 0.3994778096675873, 0.4334203600883484, 0.4691035747528076, 0.48825064301490784, 0.5456919074058533, 0.584856390953064, 0.5665796399116516], "loss": [2.823256015777588, 2.2537028789520264, 2.0380990505218506, 1.8933995962142944, 1.804336428642273, 1.7247470617294312, 1.642507553100586, 1.5529766082763672, 1.5039870738983154, 1.400844693183899, 1.298841118812561, 1.2526073455810547], "val_accuracy": [0.1527777761220932, 0.3611111044883728, 0.5069444179534912, 0.6145833134651184, 0.7256944179534912, 0.7361111044883728, 0.78125, 0.8020833134651184, 0.8194444179534912, 0.8298611044883728, 0.8298611044883728, 0.8402777910232544], "val_loss": [2.258855104446411, 2.191678047180176, 2.117769956588745, 2.0447607040405273, 1.9501084089279175, 1.858429193496704, 1.763267993927002, 1.6541509628295898, 1.55106782913208, 1.4337185621261597, 1.2918187379837036, 1.1881847381591797]}');
INSERT INTO "trial_user_attributes" VALUES(45,5,'classes','[{"name": "0", "precision": 0.9062, "recall": 1.0, "f1": 0.9508, "images": 29, "predicted": 32}, {"name": "1", "precision": 0.8125, "recall": 0.8966, "f1": 0.8525, "images": 29, "predicted": 32}, {"name": "2", "precision": 0.9231, "recall": 0.8571, "f1": 0.8889, "images": 28, "predicted": 26}, {"name": "3", "precision": 0.9545, "recall": 0.7241, "f1": 0.8235, "images": 29, "predicted": 22}, {"name": "4", "precision": 0.8966, "recall": 0.8966, "f1": 0.8966, "images": 29, "predicted": 29}, {"name": "5", "precision": 0.9474, "recall": 0.6207, "f1": 0.75, "images": 29, "predicted": 19}, {"name": "6", "precision": 0.9655, "recall": 0.9655, "f1": 0.9655, "images": 29, "predicted": 29}, {"name": "7", "precision": 0.871, "recall": 0.931, "f1": 0.9, "images": 29, "predicted": 31}, {"name": "8", "precision": 0.8148, "recall": 0.7857, "f1": 0.8, "images": 28, "predicted": 27}, {"name": "9", "precision": 0.5122, "recall": 0.7241, "f1": 0.6, "images": 29, "predicted": 41}]');
INSERT INTO "trial_user_attributes" VALUES(46,6,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(47,6,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(48,6,'measures','{"parameters": 36202, "flops": 673300, "memory": 2439840, "model_mb": 0.144808, "duration_s": 3.7833304869982385}');
INSERT INTO "trial_user_attributes" VALUES(49,6,'best_value','0.9791666865348816');
INSERT INTO "trial_user_attributes" VALUES(50,6,'best_epoch','9');
INSERT INTO "trial_user_attributes" VALUES(51,6,'last_value','0.9791666865348816');
INSERT INTO "trial_user_attributes" VALUES(52,6,'images_per_second','6924.597455717114');
INSERT INTO "trial_user_attributes" VALUES(53,6,'history','{"accuracy": [0.35596171021461487, 0.647519588470459, 0.7502175569534302, 0.8198433518409729, 0.8311575055122375, 0.8711923360824585, 0.8764142990112305, 0.9016535878181458, 0.9060052037239075, 0.8790252208709717, 0.8807658553123474, 0.9068755507469177], "loss": [1.8430885076522827, 0.9964863061904907, 0.729624330997467, 0.5219552516937256, 0.4738808870315552, 0.3722144663333893, 0.34473851323127747, 0.29363569617271423, 0.2872196137905121, 0.3359134793281555, 0.3121331036090851, 0.2834376394748688], "val_accuracy": [0.7881944179534912, 0.8854166865348816, 0.9166666865348816, 0.96875, 0.9513888955116272, 0.9618055820465088, 0.9652777910232544, 0.9583333134651184, 0.9791666865348816, 0.9444444179534912, 0.9722222089767456, 0.9791666865348816], "val_loss": [1.624645471572876, 1.1888147592544556, 0.942912220954895, 0.5667554140090942, 0.41149795055389404, 0.23459774255752563, 0.15052402019500732, 0.1457703709602356, 0.09925684332847595, 0.1372423768043518, 0.11602316796779633, 0.0696987733244896]}');
INSERT INTO "trial_user_attributes" VALUES(54,6,'classes','[{"name": "0", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "1", "precision": 0.9655, "recall": 0.9655, "f1": 0.9655, "images": 29, "predicted": 29}, {"name": "2", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 28, "predicted": 28}, {"name": "3", "precision": 1.0, "recall": 0.8966, "f1": 0.9455, "images": 29, "predicted": 26}, {"name": "4", "precision": 0.9667, "recall": 1.0, "f1": 0.9831, "images": 29, "predicted": 30}, {"name": "5", "precision": 1.0, "recall": 0.9655, "f1": 0.9825, "images": 29, "predicted": 28}, {"name": "6", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "7", "precision": 0.9667, "recall": 1.0, "f1": 0.9831, "images": 29, "predicted": 30}, {"name": "8", "precision": 1.0, "recall": 0.9643, "f1": 0.9818, "images": 28, "predicted": 27}, {"name": "9", "precision": 0.9062, "recall": 1.0, "f1": 0.9508, "images": 29, "predicted": 32}]');
INSERT INTO "trial_user_attributes" VALUES(55,7,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(56,7,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(57,7,'measures','{"parameters": 33898, "flops": 112148, "memory": 2011296, "model_mb": 0.135592, "duration_s": 3.313728973000252}');
INSERT INTO "trial_user_attributes" VALUES(58,7,'best_value','0.96875');
INSERT INTO "trial_user_attributes" VALUES(59,7,'best_epoch','10');
INSERT INTO "trial_user_attributes" VALUES(60,7,'last_value','0.9444444179534912');
INSERT INTO "trial_user_attributes" VALUES(61,7,'images_per_second','8785.160483095986');
INSERT INTO "trial_user_attributes" VALUES(62,7,'history','{"accuracy": [0.21322889626026154, 0.3716275095939636, 0.4308094084262848, 0.4891209602355957, 0.48999130725860596, 0.5308964252471924, 0.5308964252471924, 0.5578764081001282, 0.5543951392173767, 0.5744125247001648, 0.5709312558174133, 0.5805047750473022], "loss": [2.1468148231506348, 1.618160605430603, 1.4429467916488647, 1.3144776821136475, 1.2763888835906982, 1.1766979694366455, 1.2227131128311157, 1.1307852268218994, 1.1073471307754517, 1.0804040431976318, 1.084468126296997, 1.0841904878616333], "val_accuracy": [0.625, 0.7881944179534912, 0.8576388955116272, 0.8784722089767456, 0.8819444179534912, 0.8888888955116272, 0.9131944179534912, 0.9201388955116272, 0.9270833134651184, 0.96875, 0.8819444179534912, 0.9444444179534912], "val_loss": [1.966269850730896, 1.5675231218338013, 1.3087388277053833, 1.0457758903503418, 0.8704695105552673, 0.727410078048706, 0.7046835422515869, 0.42423006892204285, 0.4032368063926697, 0.3454817533493042, 0.3421381711959839, 0.24177445471286774]}');
INSERT INTO "trial_user_attributes" VALUES(63,7,'classes','[{"name": "0", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "1", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "2", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 28, "predicted": 28}, {"name": "3", "precision": 0.9286, "recall": 0.8966, "f1": 0.9123, "images": 29, "predicted": 28}, {"name": "4", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "5", "precision": 1.0, "recall": 0.8966, "f1": 0.9455, "images": 29, "predicted": 26}, {"name": "6", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "7", "precision": 0.9667, "recall": 1.0, "f1": 0.9831, "images": 29, "predicted": 30}, {"name": "8", "precision": 0.9643, "recall": 0.9643, "f1": 0.9643, "images": 28, "predicted": 28}, {"name": "9", "precision": 0.8438, "recall": 0.931, "f1": 0.8852, "images": 29, "predicted": 32}]');
INSERT INTO "trial_user_attributes" VALUES(64,8,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(65,8,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(66,8,'measures','{"parameters": 102250, "flops": 1248788, "memory": 3690144, "model_mb": 0.409, "duration_s": 5.271147262999875}');
INSERT INTO "trial_user_attributes" VALUES(67,8,'best_value','0.9826388955116272');
INSERT INTO "trial_user_attributes" VALUES(68,8,'best_epoch','12');
INSERT INTO "trial_user_attributes" VALUES(69,8,'last_value','0.9826388955116272');
INSERT INTO "trial_user_attributes" VALUES(70,8,'images_per_second','5783.442367924326');
INSERT INTO "trial_user_attributes" VALUES(71,8,'history','{"accuracy": [0.44647520780563354, 0.7458659410476685, 0.8503046035766602, 0.8668407201766968, 0.9007833003997803, 0.9208006858825684, 0.9451696872711182, 0.942558765411377, 0.9460400342941284, 0.9477806687355042, 0.9556135535240173, 0.9634464979171753], "loss": [1.6893558502197266, 0.8882529139518738, 0.573045551776886, 0.4663946032524109, 0.3531230688095093, 0.28876760601997375, 0.22544726729393005, 0.2073637992143631, 0.1896885484457016, 0.18155261874198914, 0.1453060358762741, 0.1347917914390564], "val_accuracy": [0.4791666567325592, 0.8819444179534912, 0.8784722089767456, 0.90625, 0.9270833134651184, 0.9652777910232544, 0.9583333134651184, 0.9756944179534912, 0.9791666865348816, 0.9791666865348816, 0.9756944179534912, 0.9826388955116272], "val_loss": [2.094388246536255, 1.9055044651031494, 1.7089447975158691, 1.4074387550354004, 1.0401828289031982, 0.6444599628448486, 0.37366968393325806, 0.2171424925327301, 0.14621831476688385, 0.11008027195930481, 0.11629518866539001, 0.07915384322404861]}');
INSERT INTO "trial_user_attributes" VALUES(72,8,'classes','[{"name": "0", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "1", "precision": 0.9667, "recall": 1.0, "f1": 0.9831, "images": 29, "predicted": 30}, {"name": "2", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 28, "predicted": 28}, {"name": "3", "precision": 0.9655, "recall": 0.9655, "f1": 0.9655, "images": 29, "predicted": 29}, {"name": "4", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "5", "precision": 1.0, "recall": 0.931, "f1": 0.9643, "images": 29, "predicted": 27}, {"name": "6", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "7", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "8", "precision": 0.9643, "recall": 0.9643, "f1": 0.9643, "images": 28, "predicted": 28}, {"name": "9", "precision": 0.9333, "recall": 0.9655, "f1": 0.9492, "images": 29, "predicted": 30}]');
INSERT INTO "trial_user_attributes" VALUES(73,9,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(74,9,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(75,9,'measures','{"parameters": 8818, "flops": 92180, "memory": 675552, "model_mb": 0.035272, "duration_s": 2.0428553619985905}');
INSERT INTO "trial_user_attributes" VALUES(76,9,'best_value','0.2361111044883728');
INSERT INTO "trial_user_attributes" VALUES(77,9,'best_epoch','3');
INSERT INTO "trial_user_attributes" VALUES(78,9,'last_value','0.2361111044883728');
INSERT INTO "trial_user_attributes" VALUES(79,9,'images_per_second','7995.94554752828');
INSERT INTO "trial_user_attributes" VALUES(80,9,'history','{"accuracy": [0.12793733179569244, 0.1557876467704773, 0.2045256793498993], "loss": [2.5727107524871826, 2.3584847450256348, 2.188493251800537], "val_accuracy": [0.1180555522441864, 0.1631944477558136, 0.2361111044883728], "val_loss": [2.2904908657073975, 2.255140781402588, 2.2093236446380615]}');
INSERT INTO "trial_user_attributes" VALUES(81,10,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(82,10,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(83,10,'measures','{"parameters": 9010, "flops": 29204, "memory": 532320, "model_mb": 0.03604, "duration_s": 1.4169359520001308}');
INSERT INTO "trial_user_attributes" VALUES(84,10,'best_value','0.6631944179534912');
INSERT INTO "trial_user_attributes" VALUES(85,10,'best_epoch','3');
INSERT INTO "trial_user_attributes" VALUES(86,10,'last_value','0.6631944179534912');
INSERT INTO "trial_user_attributes" VALUES(87,10,'images_per_second','10874.763516520845');
INSERT INTO "trial_user_attributes" VALUES(88,10,'history','{"accuracy": [0.17580504715442657, 0.2645778954029083, 0.36553525924682617], "loss": [2.5644826889038086, 2.0756185054779053, 1.849786400794983], "val_accuracy": [0.2291666716337204, 0.5173611044883728, 0.6631944179534912], "val_loss": [2.1738128662109375, 1.9546504020690918, 1.7088570594787598]}');
INSERT INTO "trial_user_attributes" VALUES(89,11,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(90,11,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(91,11,'measures','{"parameters": 28442, "flops": 330260, "memory": 1496096, "model_mb": 0.113768, "duration_s": 2.183042127999215}');
INSERT INTO "trial_user_attributes" VALUES(92,11,'best_value','0.71875');
INSERT INTO "trial_user_attributes" VALUES(93,11,'best_epoch','3');
INSERT INTO "trial_user_attributes" VALUES(94,11,'last_value','0.71875');
INSERT INTO "trial_user_attributes" VALUES(95,11,'images_per_second','6816.141546232271');
INSERT INTO "trial_user_attributes" VALUES(96,11,'history','{"accuracy": [0.2828546464443207, 0.5744125247001648, 0.6892950534820557], "loss": [2.1305060386657715, 1.3297497034072876, 0.9514744281768799], "val_accuracy": [0.4375, 0.4756944477558136, 0.71875], "val_loss": [2.1554460525512695, 1.9611434936523438, 1.6274206638336182]}');
INSERT INTO "trial_user_attributes" VALUES(97,12,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(98,12,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(99,12,'measures','{"parameters": 36202, "flops": 673300, "memory": 2439840, "model_mb": 0.144808, "duration_s": 3.991045557000689}');
INSERT INTO "trial_user_attributes" VALUES(100,12,'best_value','0.9895833134651184');
INSERT INTO "trial_user_attributes" VALUES(101,12,'best_epoch','12');
INSERT INTO "trial_user_attributes" VALUES(102,12,'last_value','0.9895833134651184');
INSERT INTO "trial_user_attributes" VALUES(103,12,'images_per_second','4388.502223464409');
INSERT INTO "trial_user_attributes" VALUES(104,12,'history','{"accuracy": [0.3333333432674408, 0.6370757222175598, 0.7249782681465149, 0.8172323703765869, 0.8616188168525696, 0.8659704327583313, 0.8981723189353943, 0.8964316844940186, 0.9242819547653198, 0.9321148991584778, 0.939947783946991, 0.9451696872711182], "loss": [2.0248498916625977, 1.1770522594451904, 0.8916303515434265, 0.6397743225097656, 0.4880084693431854, 0.41139692068099976, 0.3591856360435486, 0.32917723059654236, 0.26273709535598755, 0.2302667647600174, 0.21293364465236664, 0.1960705816745758], "val_accuracy": [0.6597222089767456, 0.75, 0.8263888955116272, 0.8611111044883728, 0.8923611044883728, 0.90625, 0.9305555820465088, 0.9618055820465088, 0.9618055820465088, 0.9756944179534912, 0.9756944179534912, 0.9895833134651184], "val_loss": [2.0739450454711914, 1.8331129550933838, 1.5665252208709717, 1.2468870878219604, 0.95912766456604, 0.6926143169403076, 0.4322056174278259, 0.2547687292098999, 0.16677767038345337, 0.12852297723293304, 0.0995883047580719, 0.07228830456733704]}');
INSERT INTO "trial_user_attributes" VALUES(105,12,'classes','[{"name": "0", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "1", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "2", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 28, "predicted": 28}, {"name": "3", "precision": 0.9655, "recall": 0.9655, "f1": 0.9655, "images": 29, "predicted": 29}, {"name": "4", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "5", "precision": 0.9655, "recall": 0.9655, "f1": 0.9655, "images": 29, "predicted": 29}, {"name": "6", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "7", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 29, "predicted": 29}, {"name": "8", "precision": 1.0, "recall": 1.0, "f1": 1.0, "images": 28, "predicted": 28}, {"name": "9", "precision": 0.9655, "recall": 0.9655, "f1": 0.9655, "images": 29, "predicted": 29}]');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,9.09722208976745605468e-01,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,9.47916686534881591796e-01,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,9.16666686534881591796e-01,'FINITE');
INSERT INTO "trial_values" VALUES(4,4,0,9.75694417953491210937e-01,'FINITE');
INSERT INTO "trial_values" VALUES(5,5,0,8.40277791023254394531e-01,'FINITE');
INSERT INTO "trial_values" VALUES(6,6,0,9.79166686534881591796e-01,'FINITE');
INSERT INTO "trial_values" VALUES(7,7,0,0.96875,'FINITE');
INSERT INTO "trial_values" VALUES(8,8,0,9.82638895511627197265e-01,'FINITE');
INSERT INTO "trial_values" VALUES(9,9,0,2.36111104488372802734e-01,'FINITE');
INSERT INTO "trial_values" VALUES(10,10,0,6.63194417953491210937e-01,'FINITE');
INSERT INTO "trial_values" VALUES(11,11,0,0.71875,'FINITE');
INSERT INTO "trial_values" VALUES(12,12,0,9.89583313465118408203e-01,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-28 03:45:43.807828','2026-11-28 03:45:47.641746');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-28 03:45:47.666732','2026-11-28 03:45:50.651771');
INSERT INTO "trials" VALUES(3,2,1,'COMPLETE','2026-11-28 03:45:50.670531','2026-11-28 03:45:54.307447');
INSERT INTO "trials" VALUES(4,3,1,'COMPLETE','2026-11-28 03:45:54.325520','2026-11-28 03:45:59.471965');
INSERT INTO "trials" VALUES(5,4,1,'COMPLETE','2026-11-28 03:45:59.489051','2026-11-28 03:46:02.512998');
INSERT INTO "trials" VALUES(6,5,1,'COMPLETE','2026-11-28 03:46:02.530025','2026-11-28 03:46:06.775593');
INSERT INTO "trials" VALUES(7,6,1,'COMPLETE','2026-11-28 03:46:06.795172','2026-11-28 03:46:10.503387');
INSERT INTO "trials" VALUES(8,7,1,'COMPLETE','2026-11-28 03:46:10.521632','2026-11-28 03:46:16.280757');
INSERT INTO "trials" VALUES(9,8,1,'PRUNED','2026-11-28 03:46:16.298057','2026-11-28 03:46:18.665884');
INSERT INTO "trials" VALUES(10,9,1,'PRUNED','2026-11-28 03:46:18.683283','2026-11-28 03:46:20.371093');
INSERT INTO "trials" VALUES(11,10,1,'PRUNED','2026-11-28 03:46:20.387672','2026-11-28 03:46:22.844120');
INSERT INTO "trials" VALUES(12,11,1,'COMPLETE','2026-11-28 03:46:22.861228','2026-11-28 03:46:27.296893');
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
COMMIT;
