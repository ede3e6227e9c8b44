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
INSERT INTO "studies" VALUES(1,'two-objectives');
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
INSERT INTO "study_directions" VALUES(2,'MINIMIZE',1,1);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_system_attributes" VALUES(1,1,'study:metric_names','["val_accuracy", "parameters"]');
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,1,'hpo:budget','{"trials": 8, "timeout": null}');
INSERT INTO "study_user_attributes" VALUES(2,1,'hpo:spec','"{\"study\": \"two-objectives\", \"data\": {\"dataset\": \"digits\", \"validation\": 0.2}, \"model\": {\"family\": \"simple_cnn\", \"depth\": {\"int\": [1, 2]}, \"filters\": {\"choice\": [4, 8, 16]}, \"dense_units\": 16}, \"training\": {\"epochs\": 2, \"batch_size\": 64, \"learning_rate\": {\"float\": [0.0005, 0.01], \"log\": true}}, \"objective\": [\"val_accuracy\", \"parameters\"], \"constraints\": [\"parameters < 20000\"], \"search\": {\"sampler\": \"random\", \"trials\": 8}, \"start_from\": [{\"depth\": 1, \"filters\": 4, \"learning_rate\": 0.002}]}"');
INSERT INTO "study_user_attributes" VALUES(3,1,'hpo:sessions','[{"started": "2026-11-28T03:58:16+00:00", "python": "3.11.7", "hpo": "0.1.0", "keras": "3.15.1", "tensorflow": "2.21.0", "optuna": "5.0.0", "numpy": "2.4.6", "pillow": "13.0.0", "platform": "Linux-x86_64", "host": "host", "machine": "0123456789abcdef", "cpus": 2, "worked_s": 16.9, "device": "cpu"}]');
INSERT INTO "study_user_attributes" VALUES(4,1,'hpo:fingerprints','{"{\"dataset\":\"digits\",\"test\":0.2}": "4bee0ee0e14ea1848723386933e025cca6305e0d2740d5ea76eb5db27f7f9a96"}');
INSERT INTO "study_user_attributes" VALUES(5,1,'hpo:data','{"dataset": "digits", "classes": 10, "images": {"train": 1149, "validation": 288, "test": 360}, "notes": [], "text": "digits: 1,797 images of 10 classes: 1,149 train, 288 validation, 360 test"}');
INSERT INTO "study_user_attributes" VALUES(6,1,'hpo:test_scores','{"4": {"accuracy": 0.7305555555555555, "loss": 1.5357617164651554, "macro_precision": 0.8347157107967366, "macro_recall": 0.7282518232518232, "macro_f1": 0.7344907350904826, "top_k_accuracy": 0.9944444444444445, "classes": [{"name": "0", "precision": 0.9474, "recall": 1.0, "f1": 0.973, "images": 36, "predicted": 38}, {"name": "1", "precision": 0.3303, "recall": 1.0, "f1": 0.4966, "images": 36, "predicted": 109}, {"name": "2", "precision": 1.0, "recall": 0.5143, "f1": 0.6792, "images": 35, "predicted": 18}, {"name": "3", "precision": 0.9583, "recall": 0.6216, "f1": 0.7541, "images": 37, "predicted": 24}, {"name": "4", "precision": 1.0, "recall": 0.7222, "f1": 0.8387, "images": 36, "predicted": 26}, {"name": "5", "precision": 1.0, "recall": 0.8649, "f1": 0.9275, "images": 37, "predicted": 32}, {"name": "6", "precision": 1.0, "recall": 0.6111, "f1": 0.7586, "images": 36, "predicted": 22}, {"name": "7", "precision": 0.7826, "recall": 1.0, "f1": 0.878, "images": 36, "predicted": 46}, {"name": "8", "precision": 0.5, "recall": 0.1429, "f1": 0.2222, "images": 35, "predicted": 10}, {"name": "9", "precision": 0.8286, "recall": 0.8056, "f1": 0.8169, "images": 36, "predicted": 35}]}, "1": {"accuracy": 0.5277777777777778, "loss": 2.0235938138431973, "macro_precision": 0.6486165584458314, "macro_recall": 0.526992706992707, "macro_f1": 0.4985713494774694, "top_k_accuracy": 0.9472222222222222, "classes": [{"name": "0", "precision": 0.9677, "recall": 0.8333, "f1": 0.8955, "images": 36, "predicted": 31}, {"name": "1", "precision": 0.6667, "recall": 0.3333, "f1": 0.4444, "images": 36, "predicted": 18}, {"name": "2", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 35, "predicted": 5}, {"name": "3", "precision": 0.5682, "recall": 0.6757, "f1": 0.6173, "images": 37, "predicted": 44}, {"name": "4", "precision": 0.8636, "recall": 0.5278, "f1": 0.6552, "images": 36, "predicted": 22}, {"name": "5", "precision": 1.0, "recall": 0.3784, "f1": 0.549, "images": 37, "predicted": 14}, {"name": "6", "precision": 1.0, "recall": 0.0556, "f1": 0.1053, "images": 36, "predicted": 2}, {"name": "7", "precision": 0.7895, "recall": 0.8333, "f1": 0.8108, "images": 36, "predicted": 38}, {"name": "8", "precision": 0.27, "recall": 0.7714, "f1": 0.4, "images": 35, "predicted": 100}, {"name": "9", "precision": 0.3605, "recall": 0.8611, "f1": 0.5082, "images": 36, "predicted": 86}]}, "2": {"accuracy": 0.4888888888888889, "loss": 2.088572467697991, "macro_precision": 0.5851894313448598, "macro_recall": 0.4873766623766624, "macro_f1": 0.46739157883427096, "top_k_accuracy": 0.9111111111111111, "classes": [{"name": "0", "precision": 0.8718, "recall": 0.9444, "f1": 0.9067, "images": 36, "predicted": 39}, {"name": "1", "precision": 0.186, "recall": 0.6667, "f1": 0.2909, "images": 36, "predicted": 129}, {"name": "2", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 35, "predicted": 0}, {"name": "3", "precision": 0.8065, "recall": 0.6757, "f1": 0.7353, "images": 37, "predicted": 31}, {"name": "4", "precision": 0.7429, "recall": 0.7222, "f1": 0.7324, "images": 36, "predicted": 35}, {"name": "5", "precision": 1.0, "recall": 0.2973, "f1": 0.4583, "images": 37, "predicted": 11}, {"name": "6", "precision": 0.6667, "recall": 0.0556, "f1": 0.1026, "images": 36, "predicted": 3}, {"name": "7", "precision": 0.6875, "recall": 0.3056, "f1": 0.4231, "images": 36, "predicted": 16}, {"name": "8", "precision": 0.3191, "recall": 0.4286, "f1": 0.3659, "images": 35, "predicted": 47}, {"name": "9", "precision": 0.5714, "recall": 0.7778, "f1": 0.6588, "images": 36, "predicted": 49}]}}');
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
INSERT INTO "trial_intermediate_values" VALUES(1,1,1,1.63194447755813598632e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,2,3.36805552244186401367e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,2,1,3.33333343267440795898e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,2,2,5.55555582046508789062e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,3,1,3.33333343267440795898e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,3,2,5.13888895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,4,1,2.32638895511627197265e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(8,4,2,3.02083343267440795898e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,5,1,5.72916686534881591796e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,5,2,7.43055582046508789062e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,6,1,3.54166656732559204101e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,6,2,2.29166671633720397949e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(13,7,1,3.09027791023254394531e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(14,8,1,3.09027791023254394531e-01,'FINITE');
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
INSERT INTO "trial_params" VALUES(1,1,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(2,1,'filters',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [4, 8, 16]}}');
INSERT INTO "trial_params" VALUES(3,1,'learning_rate',0.002,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(4,2,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(5,2,'filters',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [4, 8, 16]}}');
INSERT INTO "trial_params" VALUES(6,2,'learning_rate',4.16622825951776937225e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(7,3,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(8,3,'filters',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [4, 8, 16]}}');
INSERT INTO "trial_params" VALUES(9,3,'learning_rate',7.70077105792351182533e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(10,4,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(11,4,'filters',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [4, 8, 16]}}');
INSERT INTO "trial_params" VALUES(12,4,'learning_rate',1.23508356986384219659e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(13,5,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(14,5,'filters',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [4, 8, 16]}}');
INSERT INTO "trial_params" VALUES(15,5,'learning_rate',7.48067251747895536201e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(16,6,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(17,6,'filters',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [4, 8, 16]}}');
INSERT INTO "trial_params" VALUES(18,6,'learning_rate',3.30134029258610187801e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(19,7,'depth',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(20,7,'filters',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [4, 8, 16]}}');
INSERT INTO "trial_params" VALUES(21,7,'learning_rate',2.6623763561417989297e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(22,8,'depth',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(23,8,'filters',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": [4, 8, 16]}}');
INSERT INTO "trial_params" VALUES(24,8,'learning_rate',3.52072663546288810304e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,1,'fixed_params','{"depth": 1, "filters": 4, "learning_rate": 0.002}');
INSERT INTO "trial_system_attributes" VALUES(2,1,'constraints:parameters < 20000','-0.9369');
INSERT INTO "trial_system_attributes" VALUES(3,2,'constraints:parameters < 20000','-0.8831');
INSERT INTO "trial_system_attributes" VALUES(4,3,'constraints:parameters < 20000','-0.9465');
INSERT INTO "trial_system_attributes" VALUES(5,4,'constraints:parameters < 20000','-0.6411');
INSERT INTO "trial_system_attributes" VALUES(6,5,'constraints:parameters < 20000','-0.7755');
INSERT INTO "trial_system_attributes" VALUES(7,6,'constraints:parameters < 20000','-0.6411');
INSERT INTO "trial_system_attributes" VALUES(8,7,'constraints:parameters < 20000','-0.9465');
INSERT INTO "trial_system_attributes" VALUES(9,8,'constraints:parameters < 20000','-0.9369');
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
INSERT INTO "trial_user_attributes" VALUES(3,1,'measures','{"parameters": 1262, "flops": 8180, "memory": 407680, "model_mb": 0.005048, "duration_s": 1.290231027000118}');
INSERT INTO "trial_user_attributes" VALUES(4,1,'best_value','0.3368055522441864');
INSERT INTO "trial_user_attributes" VALUES(5,1,'best_epoch','2');
INSERT INTO "trial_user_attributes" VALUES(6,1,'last_value','0.3368055522441864');
INSERT INTO "trial_user_attributes" VALUES(7,1,'images_per_second','17986.159955378305');
INSERT INTO "trial_user_attributes" VALUES(8,1,'history','{"accuracy": [0.1261966973543167, 0.3263707458972931], "loss": [2.4877467155456543, 2.0555107593536377], "val_accuracy": [0.1631944477558136, 0.3368055522441864], "val_loss": [2.279545783996582, 2.2517385482788086]}');
INSERT INTO "trial_user_attributes" VALUES(9,1,'classes','[{"name": "0", "precision": 0.4643, "recall": 0.8966, "f1": 0.6118, "images": 29, "predicted": 56}, {"name": "1", "precision": 0.3226, "recall": 0.3448, "f1": 0.3333, "images": 29, "predicted": 31}, {"name": "2", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 28, "predicted": 0}, {"name": "3", "precision": 0.2391, "recall": 0.3793, "f1": 0.2933, "images": 29, "predicted": 46}, {"name": "4", "precision": 0.4889, "recall": 0.7586, "f1": 0.5946, "images": 29, "predicted": 45}, {"name": "5", "precision": 0.2125, "recall": 0.5862, "f1": 0.3119, "images": 29, "predicted": 80}, {"name": "6", "precision": 0.3077, "recall": 0.2759, "f1": 0.2909, "images": 29, "predicted": 26}, {"name": "7", "precision": 1.0, "recall": 0.1034, "f1": 0.1875, "images": 29, "predicted": 3}, {"name": "8", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 28, "predicted": 0}, {"name": "9", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 1}]');
INSERT INTO "trial_user_attributes" VALUES(10,2,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(11,2,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(12,2,'measures','{"parameters": 2338, "flops": 15860, "memory": 785248, "model_mb": 0.009352, "duration_s": 0.9490409589998308}');
INSERT INTO "trial_user_attributes" VALUES(13,2,'best_value','0.5555555820465088');
INSERT INTO "trial_user_attributes" VALUES(14,2,'best_epoch','2');
INSERT INTO "trial_user_attributes" VALUES(15,2,'last_value','0.5555555820465088');
INSERT INTO "trial_user_attributes" VALUES(16,2,'images_per_second','16445.996179377446');
INSERT INTO "trial_user_attributes" VALUES(17,2,'history','{"accuracy": [0.20974761247634888, 0.4891209602355957], "loss": [2.161088705062866, 1.5429985523223877], "val_accuracy": [0.3333333432674408, 0.5555555820465088], "val_loss": [2.2056567668914795, 2.0137012004852295]}');
INSERT INTO "trial_user_attributes" VALUES(18,2,'classes','[{"name": "0", "precision": 0.9583, "recall": 0.7931, "f1": 0.8679, "images": 29, "predicted": 24}, {"name": "1", "precision": 0.8333, "recall": 0.3448, "f1": 0.4878, "images": 29, "predicted": 12}, {"name": "2", "precision": 0.2857, "recall": 0.0714, "f1": 0.1143, "images": 28, "predicted": 7}, {"name": "3", "precision": 0.6667, "recall": 0.8276, "f1": 0.7385, "images": 29, "predicted": 36}, {"name": "4", "precision": 0.8333, "recall": 0.6897, "f1": 0.7547, "images": 29, "predicted": 24}, {"name": "5", "precision": 1.0, "recall": 0.4138, "f1": 0.5854, "images": 29, "predicted": 12}, {"name": "6", "precision": 1.0, "recall": 0.1724, "f1": 0.2941, "images": 29, "predicted": 5}, {"name": "7", "precision": 0.7241, "recall": 0.7241, "f1": 0.7241, "images": 29, "predicted": 29}, {"name": "8", "precision": 0.3099, "recall": 0.7857, "f1": 0.4444, "images": 28, "predicted": 71}, {"name": "9", "precision": 0.3088, "recall": 0.7241, "f1": 0.433, "images": 29, "predicted": 68}]');
INSERT INTO "trial_user_attributes" VALUES(19,3,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(20,3,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(21,3,'measures','{"parameters": 1070, "flops": 16884, "memory": 502720, "model_mb": 0.00428, "duration_s": 1.2396382370006904}');
INSERT INTO "trial_user_attributes" VALUES(22,3,'best_value','0.5138888955116272');
INSERT INTO "trial_user_attributes" VALUES(23,3,'best_epoch','2');
INSERT INTO "trial_user_attributes" VALUES(24,3,'last_value','0.5138888955116272');
INSERT INTO "trial_user_attributes" VALUES(25,3,'images_per_second','14438.617140738988');
INSERT INTO "trial_user_attributes" VALUES(26,3,'history','{"accuracy": [0.2584856450557709, 0.6283724904060364], "loss": [2.2270395755767822, 1.253299355506897], "val_accuracy": [0.3333333432674408, 0.5138888955116272], "val_loss": [2.2352845668792725, 2.0696237087249756]}');
INSERT INTO "trial_user_attributes" VALUES(27,3,'classes','[{"name": "0", "precision": 0.8846, "recall": 0.7931, "f1": 0.8364, "images": 29, "predicted": 26}, {"name": "1", "precision": 0.1835, "recall": 0.6897, "f1": 0.2899, "images": 29, "predicted": 109}, {"name": "2", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 28, "predicted": 0}, {"name": "3", "precision": 0.7931, "recall": 0.7931, "f1": 0.7931, "images": 29, "predicted": 29}, {"name": "4", "precision": 0.7143, "recall": 0.8621, "f1": 0.7812, "images": 29, "predicted": 35}, {"name": "5", "precision": 1.0, "recall": 0.3793, "f1": 0.55, "images": 29, "predicted": 11}, {"name": "6", "precision": 1.0, "recall": 0.0345, "f1": 0.0667, "images": 29, "predicted": 1}, {"name": "7", "precision": 0.8235, "recall": 0.4828, "f1": 0.6087, "images": 29, "predicted": 17}, {"name": "8", "precision": 0.4231, "recall": 0.3929, "f1": 0.4074, "images": 28, "predicted": 26}, {"name": "9", "precision": 0.5882, "recall": 0.6897, "f1": 0.6349, "images": 29, "predicted": 34}]');
INSERT INTO "trial_user_attributes" VALUES(28,4,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(29,4,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(30,4,'measures','{"parameters": 7178, "flops": 176628, "memory": 1975840, "model_mb": 0.028712, "duration_s": 1.2750619779999397}');
INSERT INTO "trial_user_attributes" VALUES(31,4,'best_value','0.3020833432674408');
INSERT INTO "trial_user_attributes" VALUES(32,4,'best_epoch','2');
INSERT INTO "trial_user_attributes" VALUES(33,4,'last_value','0.3020833432674408');
INSERT INTO "trial_user_attributes" VALUES(34,4,'images_per_second','11540.122212839357');
INSERT INTO "trial_user_attributes" VALUES(35,4,'history','{"accuracy": [0.18537859618663788, 0.35422107577323914], "loss": [2.185993194580078, 1.7426949739456177], "val_accuracy": [0.2326388955116272, 0.3020833432674408], "val_loss": [2.263852834701538, 2.23335599899292]}');
INSERT INTO "trial_user_attributes" VALUES(36,4,'classes','[{"name": "0", "precision": 1.0, "recall": 0.5517, "f1": 0.7111, "images": 29, "predicted": 16}, {"name": "1", "precision": 0.1895, "recall": 1.0, "f1": 0.3187, "images": 29, "predicted": 153}, {"name": "2", "precision": 0.6522, "recall": 0.5357, "f1": 0.5882, "images": 28, "predicted": 23}, {"name": "3", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 1}, {"name": "4", "precision": 0.3, "recall": 0.1034, "f1": 0.1538, "images": 29, "predicted": 10}, {"name": "5", "precision": 0.2286, "recall": 0.5517, "f1": 0.3232, "images": 29, "predicted": 70}, {"name": "6", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "7", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 0}, {"name": "8", "precision": 1.0, "recall": 0.25, "f1": 0.4, "images": 28, "predicted": 7}, {"name": "9", "precision": 0.125, "recall": 0.0345, "f1": 0.0541, "images": 29, "predicted": 8}]');
INSERT INTO "trial_user_attributes" VALUES(37,5,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(38,5,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(39,5,'measures','{"parameters": 4490, "flops": 31220, "memory": 1540384, "model_mb": 0.01796, "duration_s": 0.9653771430002962}');
INSERT INTO "trial_user_attributes" VALUES(40,5,'best_value','0.7430555820465088');
INSERT INTO "trial_user_attributes" VALUES(41,5,'best_epoch','2');
INSERT INTO "trial_user_attributes" VALUES(42,5,'last_value','0.7430555820465088');
INSERT INTO "trial_user_attributes" VALUES(43,5,'images_per_second','16431.947475863573');
INSERT INTO "trial_user_attributes" VALUES(44,5,'history','{"accuracy": [0.3916448950767517, 0.8006962537765503], "loss": [1.7448941469192505, 0.6976525783538818], "val_accuracy": [0.5729166865348816, 0.7430555820465088], "val_loss": [2.0246896743774414, 1.5242667198181152]}');
INSERT INTO "trial_user_attributes" VALUES(45,5,'classes','[{"name": "0", "precision": 0.9667, "recall": 1.0, "f1": 0.9831, "images": 29, "predicted": 30}, {"name": "1", "precision": 0.3253, "recall": 0.931, "f1": 0.4821, "images": 29, "predicted": 83}, {"name": "2", "precision": 1.0, "recall": 0.5357, "f1": 0.6977, "images": 28, "predicted": 15}, {"name": "3", "precision": 1.0, "recall": 0.7241, "f1": 0.84, "images": 29, "predicted": 21}, {"name": "4", "precision": 0.96, "recall": 0.8276, "f1": 0.8889, "images": 29, "predicted": 25}, {"name": "5", "precision": 1.0, "recall": 0.8276, "f1": 0.9057, "images": 29, "predicted": 24}, {"name": "6", "precision": 1.0, "recall": 0.6897, "f1": 0.8163, "images": 29, "predicted": 20}, {"name": "7", "precision": 0.7436, "recall": 1.0, "f1": 0.8529, "images": 29, "predicted": 39}, {"name": "8", "precision": 0.8333, "recall": 0.1786, "f1": 0.2941, "images": 28, "predicted": 6}, {"name": "9", "precision": 0.8, "recall": 0.6897, "f1": 0.7407, "images": 29, "predicted": 25}]');
INSERT INTO "trial_user_attributes" VALUES(46,6,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(47,6,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(48,6,'measures','{"parameters": 7178, "flops": 176628, "memory": 1975840, "model_mb": 0.028712, "duration_s": 1.2875118760002806}');
INSERT INTO "trial_user_attributes" VALUES(49,6,'best_value','0.3541666567325592');
INSERT INTO "trial_user_attributes" VALUES(50,6,'best_epoch','1');
INSERT INTO "trial_user_attributes" VALUES(51,6,'last_value','0.2291666716337204');
INSERT INTO "trial_user_attributes" VALUES(52,6,'images_per_second','12374.519518121966');
INSERT INTO "trial_user_attributes" VALUES(53,6,'history','{"accuracy": [0.5108790397644043, 0.8694517016410828], "loss": [1.549046516418457, 0.6271680593490601], "val_accuracy": [0.3541666567325592, 0.2291666716337204], "val_loss": [2.092766761779785, 1.9571897983551025]}');
INSERT INTO "trial_user_attributes" VALUES(54,6,'classes','[{"name": "0", "precision": 1.0, "recall": 0.0345, "f1": 0.0667, "images": 29, "predicted": 1}, {"name": "1", "precision": 0.2589, "recall": 1.0, "f1": 0.4113, "images": 29, "predicted": 112}, {"name": "2", "precision": 1.0, "recall": 0.2857, "f1": 0.4444, "images": 28, "predicted": 8}, {"name": "3", "precision": 0.9, "recall": 0.6207, "f1": 0.7347, "images": 29, "predicted": 20}, {"name": "4", "precision": 0.5366, "recall": 0.7586, "f1": 0.6286, "images": 29, "predicted": 41}, {"name": "5", "precision": 1.0, "recall": 0.0345, "f1": 0.0667, "images": 29, "predicted": 1}, {"name": "6", "precision": 0.8571, "recall": 0.2069, "f1": 0.3333, "images": 29, "predicted": 7}, {"name": "7", "precision": 0.0, "recall": 0.0, "f1": 0.0, "images": 29, "predicted": 1}, {"name": "8", "precision": 0.1579, "recall": 0.5357, "f1": 0.2439, "images": 28, "predicted": 95}, {"name": "9", "precision": 1.0, "recall": 0.069, "f1": 0.129, "images": 29, "predicted": 2}]');
INSERT INTO "trial_user_attributes" VALUES(55,7,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(56,7,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(57,7,'measures','{"parameters": 1070, "flops": 16884, "memory": 502720, "model_mb": 0.00428, "duration_s": 1.1094572999991215}');
INSERT INTO "trial_user_attributes" VALUES(58,7,'best_value','0.3090277910232544');
INSERT INTO "trial_user_attributes" VALUES(59,7,'best_epoch','1');
INSERT INTO "trial_user_attributes" VALUES(60,7,'last_value','0.3090277910232544');
INSERT INTO "trial_user_attributes" VALUES(61,7,'images_per_second','1315.515987847088');
INSERT INTO "trial_user_attributes" VALUES(62,7,'history','{"accuracy": [0.16362054646015167], "loss": [2.304802656173706], "val_accuracy": [0.3090277910232544], "val_loss": [2.2557318210601807]}');
INSERT INTO "trial_user_attributes" VALUES(63,8,'worker','"host:1"');
INSERT INTO "trial_user_attributes" VALUES(64,8,'attempts','1');
INSERT INTO "trial_user_attributes" VALUES(65,8,'measures','{"parameters": 1262, "flops": 8180, "memory": 407680, "model_mb": 0.005048, "duration_s": 0.8450395510008093}');
INSERT INTO "trial_user_attributes" VALUES(66,8,'best_value','0.3090277910232544');
INSERT INTO "trial_user_attributes" VALUES(67,8,'best_epoch','1');
INSERT INTO "trial_user_attributes" VALUES(68,8,'last_value','0.3090277910232544');
INSERT INTO "trial_user_attributes" VALUES(69,8,'images_per_second','1795.3545814300596');
INSERT INTO "trial_user_attributes" VALUES(70,8,'history','{"accuracy": [0.17232376337051392], "loss": [2.270519733428955], "val_accuracy": [0.3090277910232544], "val_loss": [2.2263503074645996]}');
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
INSERT INTO "trial_values" VALUES(1,1,0,3.36805552244186401367e-01,'FINITE');
INSERT INTO "trial_values" VALUES(2,1,1,1262.0,'FINITE');
INSERT INTO "trial_values" VALUES(3,2,0,5.55555582046508789062e-01,'FINITE');
INSERT INTO "trial_values" VALUES(4,2,1,2338.0,'FINITE');
INSERT INTO "trial_values" VALUES(5,3,0,5.13888895511627197265e-01,'FINITE');
INSERT INTO "trial_values" VALUES(6,3,1,1070.0,'FINITE');
INSERT INTO "trial_values" VALUES(7,4,0,3.02083343267440795898e-01,'FINITE');
INSERT INTO "trial_values" VALUES(8,4,1,7178.0,'FINITE');
INSERT INTO "trial_values" VALUES(9,5,0,7.43055582046508789062e-01,'FINITE');
INSERT INTO "trial_values" VALUES(10,5,1,4490.0,'FINITE');
INSERT INTO "trial_values" VALUES(11,6,0,3.54166656732559204101e-01,'FINITE');
INSERT INTO "trial_values" VALUES(12,6,1,7178.0,'FINITE');
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
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-28 03:58:19.987160','2026-11-28 03:58:21.726775');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-28 03:58:21.746870','2026-11-28 03:58:23.117287');
INSERT INTO "trials" VALUES(3,2,1,'COMPLETE','2026-11-28 03:58:23.135800','2026-11-28 03:58:24.835033');
INSERT INTO "trials" VALUES(4,3,1,'COMPLETE','2026-11-28 03:58:24.851109','2026-11-28 03:58:26.531433');
INSERT INTO "trials" VALUES(5,4,1,'COMPLETE','2026-11-28 03:58:26.549080','2026-11-28 03:58:27.967575');
INSERT INTO "trials" VALUES(6,5,1,'COMPLETE','2026-11-28 03:58:27.983949','2026-11-28 03:58:29.698254');
INSERT INTO "trials" VALUES(7,6,1,'PRUNED','2026-11-28 03:58:29.715445','2026-11-28 03:58:31.106573');
INSERT INTO "trials" VALUES(8,7,1,'PRUNED','2026-11-28 03:58:31.122543','2026-11-28 03:58:32.213502');
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
